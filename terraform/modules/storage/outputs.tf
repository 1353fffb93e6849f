output "bucket" {
  description = "The bucket's name."
  value       = aws_s3_bucket.this.bucket
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    bucket        = aws_s3_bucket.this
    public_access = aws_s3_bucket_public_access_block.this
    ownership     = aws_s3_bucket_ownership_controls.this
    encryption    = aws_s3_bucket_server_side_encryption_configuration.this
    lifecycle     = aws_s3_bucket_lifecycle_configuration.this
    policy        = jsondecode(aws_s3_bucket_policy.this.policy)
  }
}

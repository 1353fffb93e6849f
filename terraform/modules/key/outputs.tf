output "arn" {
  description = "The key's ARN."
  value       = aws_kms_key.this.arn
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value       = { key = aws_kms_key.this, policy = jsondecode(aws_kms_key.this.policy) }
}

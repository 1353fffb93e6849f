mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bucket = "wikifleet-123456789012-us-east-1"
}

run "a_private_bucket" {
  command = plan

  module {
    source = "./modules/storage"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Public access: expected all four blocks."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Expected no ACLs: BucketOwnerEnforced."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Expected encryption at rest."
  }

  assert {
    condition = output.planned.policy.Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::wikifleet-123456789012-us-east-1", "arn:aws:s3:::wikifleet-123456789012-us-east-1/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Bucket policy: expected one statement, which denies everything without TLS; received ${jsonencode(output.planned.policy.Statement)}."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "terraform destroy must not delete rows unless it is told to."
  }
}

run "what_goes_by_itself" {
  command = plan

  module {
    source = "./modules/storage"
  }

  assert {
    condition = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation
    if rule.status == "Enabled" && length(rule.abort_incomplete_multipart_upload) > 0] == [7]
    error_message = "Expected incomplete multipart uploads to go after 7 days, wherever they are."
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter[0].prefix => rule.expiration[0].days
    if rule.status == "Enabled" && length(rule.expiration) > 0 } == { "raw/" = 30 }
    error_message = "Expected that raw objects expire after 30 days, and nothing else ever."
  }
}

run "raw_objects_stay" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    raw_expiry_days = 0
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.status == "Disabled" if length(rule.expiration) > 0])
    error_message = "0 days: expected that nothing expires."
  }
}

run "a_key_of_ones_own" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1"
  }

  assert {
    condition = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      rule.bucket_key_enabled && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    && rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"])
    error_message = "Expected the key, with a bucket key."
  }
}

run "query_results_expire_where_there_are_queries" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    query_results_expiry_days = 7
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter[0].prefix => rule.expiration[0].days
    if rule.status == "Enabled" && length(rule.expiration) > 0 } == { "raw/" = 30, "athena/" = 7 }
    error_message = "Expected that results expire after 7 days, and nothing else but raw objects."
  }
}

run "days_of_results_are_whole" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    query_results_expiry_days = -1
  }

  expect_failures = [var.query_results_expiry_days]
}

run "days_are_whole" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    raw_expiry_days = 1.5
  }

  expect_failures = [var.raw_expiry_days]
}

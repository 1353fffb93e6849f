resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:access logs would be most of the objects; CloudTrail data events are the account's to choose
  #checkov:skip=CKV_AWS_21:keys are written once (If-None-Match) and can be made anew from the mirrors; old versions would only cost
  #checkov:skip=CKV_AWS_144:dumps are public and on many mirrors; a second region doubles the storage for nothing
  #checkov:skip=CKV_AWS_145:encrypted by S3's own keys, or by a KMS key where one is given
  #checkov:skip=CKV2_AWS_62:jobs go through SQS; nothing listens to the bucket's events
  bucket        = var.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # one data key for many objects: without it each part is a paid call to KMS
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "abort-incomplete-multipart-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "expire-raw-objects"
    status = var.raw_expiry_days == 0 ? "Disabled" : "Enabled"

    filter {
      prefix = "raw/"
    }

    expiration {
      # S3 takes no 0, not even where it is not looked at
      days = max(1, var.raw_expiry_days)
    }
  }

  rule {
    id     = "expire-query-results"
    status = var.query_results_expiry_days == 0 ? "Disabled" : "Enabled"

    filter {
      prefix = "athena/"
    }

    expiration {
      days = max(1, var.query_results_expiry_days)
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # AWS refuses both at once on one bucket
  depends_on = [aws_s3_bucket_public_access_block.this]
}

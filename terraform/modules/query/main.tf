data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  place      = "${data.aws_region.current.region}:${local.account_id}"
  # Athena takes no hyphen without quotes
  database   = replace(var.name, "-", "_")
  bucket_arn = "arn:${local.partition}:s3:::${var.bucket}"
  rows       = "s3://${var.bucket}/rows/"
  results    = "athena/"
  # Made by `npm run schema` of what the converter writes, as schema/row.athena.sql is.
  table = jsondecode(file("${path.module}/table.json"))
  # What the services do not make up: names, known before anything is made.
  workgroup_arn = "arn:${local.partition}:athena:${local.place}:workgroup/${var.name}"
  catalog_arns = [
    "arn:${local.partition}:glue:${local.place}:catalog",
    "arn:${local.partition}:glue:${local.place}:database/${local.database}",
    "arn:${local.partition}:glue:${local.place}:table/${local.database}/${local.table.name}",
  ]
}

resource "aws_glue_catalog_database" "this" {
  name        = local.database
  description = "What ${var.name} converted"
}

# Projected: no crawler, and no call for a partition that is there. wiki_id is in the path, so it is no column beside.
resource "aws_glue_catalog_table" "rows" {
  name          = local.table.name
  database_name = aws_glue_catalog_database.this.name
  description   = "A row a revision. A query names one wiki_id and one snapshot"
  table_type    = "EXTERNAL_TABLE"
  parameters = merge(local.table.parameters, {
    "EXTERNAL"                  = "TRUE"
    "storage.location.template" = "${local.rows}${local.table.partition_path}"
  })

  dynamic "partition_keys" {
    for_each = local.table.partition_keys

    content {
      name = partition_keys.value.name
      type = partition_keys.value.type
    }
  }

  storage_descriptor {
    location      = local.rows
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = local.table.serde
    }

    dynamic "columns" {
      for_each = local.table.columns

      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}

resource "aws_athena_workgroup" "this" {
  name          = var.name
  force_destroy = var.force_destroy
  description   = "Queries over the rows of ${var.name}, bounded"

  configuration {
    # what a client asks for instead does not count
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = false
    bytes_scanned_cutoff_per_query     = var.bytes_scanned_cutoff

    result_configuration {
      output_location       = "s3://${var.bucket}/${local.results}"
      expected_bucket_owner = local.account_id

      encryption_configuration {
        encryption_option = var.kms_key_arn == null ? "SSE_S3" : "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

# For whoever queries; it is attached to nobody.
resource "aws_iam_policy" "reader" {
  name        = "${var.name}-query"
  description = "Queries over the rows of ${var.name}, in its workgroup"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "QueryInTheWorkgroup"
        Effect = "Allow"
        Action = [
          "athena:BatchGetQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup",
          "athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
        ]
        Resource = [local.workgroup_arn]
      },
      {
        Sid      = "ReadTheTable"
        Effect   = "Allow"
        Action   = ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
        Resource = local.catalog_arns
      },
      {
        Sid      = "FindTheBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = [local.bucket_arn]
      },
      {
        Sid       = "ListRowsAndResults"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.bucket_arn]
        Condition = { StringLike = { "s3:prefix" = ["rows/*", "${local.results}*"] } }
      },
      {
        Sid      = "ReadRows"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.bucket_arn}/rows/*"]
      },
      {
        Sid      = "WriteAndReadResults"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = ["${local.bucket_arn}/${local.results}*"]
      },
      ], var.kms_key_arn == null ? [] : [{
        Sid      = "UseTheKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.kms_key_arn]
    }])
  })
}

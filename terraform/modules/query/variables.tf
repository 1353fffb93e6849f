variable "name" {
  description = "The fleet's name: of the workgroup, and with _ for - of the database."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "bucket" {
  description = "The fleet's bucket: rows are under rows/, results go under athena/."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", var.bucket))
    error_message = "Expected 3 to 63 of a-z 0-9 -, the first no hyphen."
  }
}

variable "bytes_scanned_cutoff" {
  description = "Compressed bytes after which Athena ends a query."
  type        = number

  validation {
    condition     = var.bytes_scanned_cutoff >= 10485760 && floor(var.bytes_scanned_cutoff) == var.bytes_scanned_cutoff
    error_message = "Expected whole bytes, at least 10485760: Athena takes no smaller cutoff."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts results, as it does the bucket's objects; null: S3's own (SSE-S3)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy may delete the workgroup with its named queries and its history."
  type        = bool
}

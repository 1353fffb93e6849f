variable "bucket" {
  description = "The bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", var.bucket))
    error_message = "Expected 3 to 63 of a-z 0-9 -, the first no hyphen."
  }
}

variable "raw_expiry_days" {
  description = "Days after which a dump file that was fetched (raw/) is deleted: its rows stay. 0 keeps it."
  type        = number
  default     = 30

  validation {
    condition     = var.raw_expiry_days >= 0 && floor(var.raw_expiry_days) == var.raw_expiry_days
    error_message = "Expected a whole number of days, or 0."
  }
}

variable "query_results_expiry_days" {
  description = "Days after which what queries wrote (athena/) is deleted. 0 keeps it."
  type        = number
  default     = 0

  validation {
    condition     = var.query_results_expiry_days >= 0 && floor(var.query_results_expiry_days) == var.query_results_expiry_days
    error_message = "Expected a whole number of days, or 0."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy may delete the bucket with what is in it."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "Key that encrypts the objects; null: S3's own (SSE-S3)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

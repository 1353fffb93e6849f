variable "name" {
  description = "The repository's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the images; null: ECR's own."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

variable "force_delete" {
  description = "Whether terraform destroy may delete the repository with the images in it."
  type        = bool
}

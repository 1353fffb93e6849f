variable "name" {
  description = "The queue's name; its dead-letter queue has -dead-letter after it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,68}$", var.name))
    error_message = "Expected 1 to 68 of A-Z a-z 0-9 _ - (80 with -dead-letter)."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long the job of a killed worker waits, not how long a job takes: a lease extends it every 30 seconds."
  type        = number
  default     = 120

  validation {
    condition     = var.visibility_timeout_seconds >= 120 && var.visibility_timeout_seconds <= 900
    error_message = "Expected 120 to 900 seconds: a lease takes 120, and a message that shows earlier is worked on twice."
  }
}

variable "retention_days" {
  description = "Days that a message waits for a worker."
  type        = number
  default     = 10

  validation {
    condition     = var.retention_days >= 1 && var.retention_days < 14
    error_message = "Expected 1 to 13 days: a dead letter keeps the age of its message, and 14 days are the most."
  }
}

variable "max_receive_count" {
  description = "Deliveries after which SQS moves a message to the dead-letter queue. Workers do so themselves one earlier, reason first."
  type        = number
  default     = 20

  validation {
    condition     = var.max_receive_count == 20
    error_message = "Expected 20: workers give a job up at its 19th delivery, and write down why, before SQS does it without a reason."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the messages; null: the queue's own (SSE-SQS)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

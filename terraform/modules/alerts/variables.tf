variable "name" {
  description = "The fleet's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "emails" {
  description = "Who is told, by mail; each confirms once."
  type        = list(string)

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "Expected mail addresses."
  }
}

variable "monthly_budget_usd" {
  description = "US dollars a month above which somebody is told (at 80 %, and when it is forecast); 0: no budget."
  type        = number

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "Expected dollars, or 0."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts what the topic holds; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

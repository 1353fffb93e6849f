variable "name" {
  description = "The fleet's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "program" {
  description = "Which program: seed, downloader or converter."
  type        = string

  validation {
    condition     = contains(["seed", "downloader", "converter"], var.program)
    error_message = "Expected seed, downloader or converter."
  }
}

variable "image" {
  description = "The image, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Expected an image by digest, as in name@sha256:0123…: a tag may mean another image tomorrow."
  }
}

variable "cpu" {
  description = "CPU units of the task; 1024 are a vCPU."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Expected 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "Memory of the task in MiB; Fargate says which go with which CPU."
  type        = number

  validation {
    condition     = var.memory >= 512 && var.memory <= 122880 && floor(var.memory) == var.memory
    error_message = "Expected 512 to 122880 MiB."
  }
}

variable "stop_timeout" {
  description = "Seconds between SIGTERM and SIGKILL."
  type        = number

  validation {
    condition     = var.stop_timeout >= 2 && var.stop_timeout <= 120
    error_message = "Expected 2 to 120 seconds, which is Fargate's most."
  }
}

variable "heartbeat" {
  description = "Whether the program writes a heartbeat, which the health check reads; a program that ends by itself does not."
  type        = bool
}

variable "environment" {
  description = "Environment of the program."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^(AWS_REGION|WIKIFLEET_[A-Z_]+)$", name))])
    error_message = "Expected AWS_REGION and WIKIFLEET_… only: credentials come from the task's role."
  }
}

variable "policies" {
  description = "What the program may do: policy documents (JSON) by name."
  type        = map(string)

  validation {
    condition     = length(var.policies) > 0 && alltrue([for policy in values(var.policies) : can(jsondecode(policy).Statement)])
    error_message = "Expected at least one policy document, as JSON."
  }
}

variable "egress" {
  description = "TCP ports that it may connect to: from and to by name. The resolver, the agent and the metadata endpoint need no rule."
  type        = map(object({ from = number, to = number }))

  validation {
    condition     = alltrue([for range in values(var.egress) : range.from >= 1 && range.to <= 65535 && range.from <= range.to])
    error_message = "Expected ranges of ports from 1 to 65535."
  }
}

variable "vpc_id" {
  description = "The network of the security group."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "Expected a VPC's id."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "Expected a number of days that CloudWatch Logs knows, as 7, 30 or 365."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the logs; null: CloudWatch's own."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Expected a KMS key's ARN."
  }
}

variable "cpu_architecture" {
  description = "The processors that the image is for: ARM64 or X86_64."
  type        = string

  validation {
    condition     = contains(["ARM64", "X86_64"], var.cpu_architecture)
    error_message = "Expected ARM64 or X86_64."
  }
}

variable "enable_execute_command" {
  description = "Whether ECS Exec may open a shell in a running task; its root filesystem can be written to then."
  type        = bool
}

variable "permissions_boundary_arn" {
  description = "An IAM policy that bounds both roles; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::", var.permissions_boundary_arn))
    error_message = "Expected an IAM policy's ARN."
  }
}

variable "name" {
  description = "The fleet's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "schedule" {
  description = "What is seeded when: wikis, kind, and an expression of EventBridge Scheduler in a time zone."
  type = object({
    wikis      = list(string)
    kind       = string
    expression = string
    timezone   = string
  })

  validation {
    condition     = length(var.schedule.wikis) > 0 && alltrue([for wiki in var.schedule.wikis : can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$", wiki))])
    error_message = "Expected database names of wikis, as simplewiki, or all."
  }

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.schedule.expression))
    error_message = "Expected cron(…) or rate(…)."
  }
}

variable "cluster" {
  description = "Name and ARN of the ECS cluster."
  type        = object({ name = string, arn = string })

  validation {
    condition     = length(var.cluster.name) > 0 && length(var.cluster.arn) > 0
    error_message = "Expected both."
  }
}

variable "task" {
  description = "The seed's task: family, the two roles, and its security group."
  type = object({
    family             = string
    task_role_arn      = string
    execution_role_arn = string
    security_group_id  = string
  })

  validation {
    condition     = alltrue([for value in values(var.task) : length(value) > 0])
    error_message = "Expected all four."
  }
}

variable "network" {
  description = "Subnets, and whether tasks have public addresses."
  type        = object({ subnet_ids = list(string), assign_public_ip = bool })

  validation {
    condition     = length(var.network.subnet_ids) > 0
    error_message = "Expected at least one subnet."
  }
}

variable "alarm_actions" {
  description = "ARNs of SNS topics that the alarm notifies."
  type        = list(string)

  validation {
    condition     = alltrue([for action in var.alarm_actions : can(regex("^arn:", action))])
    error_message = "Expected ARNs."
  }
}

variable "permissions_boundary_arn" {
  description = "An IAM policy that bounds the role; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::", var.permissions_boundary_arn))
    error_message = "Expected an IAM policy's ARN."
  }
}

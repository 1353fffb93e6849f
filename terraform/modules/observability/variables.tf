variable "name" {
  description = "The fleet's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "cluster" {
  description = "The name of the ECS cluster."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,255}$", var.cluster))
    error_message = "Expected a cluster's name, not its ARN."
  }
}

variable "stages" {
  description = "What is watched, by program: its service, its queues, its log group, and the worker metric that says how far it gets."
  type = map(object({
    service     = string
    queue       = string
    dead_letter = string
    log_group   = string
    progress    = string
  }))

  validation {
    condition     = toset(keys(var.stages)) == toset(["downloader", "converter"])
    error_message = "Expected downloader and converter."
  }
}

variable "metrics" {
  description = "Where programs publish: the namespace, and the names of the two dimensions."
  type        = object({ namespace = string, queue_dimension = string, service_dimension = string })

  validation {
    condition     = !startswith(var.metrics.namespace, "AWS/")
    error_message = "Expected a namespace that is not AWS's own."
  }
}

variable "downloaders" {
  description = "Downloader tasks that run while there is something to download."
  type        = number

  validation {
    condition     = var.downloaders >= 1
    error_message = "Expected at least one."
  }
}

variable "stalled_minutes" {
  description = "Minutes with a backlog and without progress after which somebody is told."
  type        = number

  validation {
    condition     = var.stalled_minutes >= 15 && var.stalled_minutes <= 1440 && var.stalled_minutes % 5 == 0
    error_message = "Expected 15 to 1440 minutes, a multiple of 5."
  }
}

variable "alarm_actions" {
  description = "Who is told of alarms: ARNs of topics."
  type        = list(string)

  validation {
    condition     = length(var.alarm_actions) <= 5
    error_message = "Expected five at most."
  }
}

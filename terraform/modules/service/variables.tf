variable "name" {
  description = "The service's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,40}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 41, the first a letter."
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

variable "task_definition_arn" {
  description = "The task definition that its tasks run."
  type        = string

  validation {
    condition     = length(var.task_definition_arn) > 0
    error_message = "Expected a task definition's ARN."
  }
}

variable "capacity" {
  description = "On what tasks run: base tasks on demand first, the rest by weight on demand and on Spot."
  type = object({
    base             = number
    on_demand_weight = number
    spot_weight      = number
  })

  validation {
    condition     = var.capacity.base >= 0 && var.capacity.on_demand_weight >= 0 && var.capacity.spot_weight >= 0
    error_message = "Expected a base and weights from 0."
  }

  validation {
    condition     = var.capacity.on_demand_weight + var.capacity.spot_weight > 0
    error_message = "Expected a weight above 0: what is above the base would run nowhere."
  }
}

variable "network" {
  description = "Subnets, security group, and whether tasks have public addresses."
  type = object({
    subnet_ids        = list(string)
    security_group_id = string
    assign_public_ip  = bool
  })

  validation {
    condition     = length(var.network.subnet_ids) > 0
    error_message = "Expected at least one subnet."
  }
}

variable "queue" {
  description = "The name of the queue that its tasks work on."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,80}$", var.queue))
    error_message = "Expected a queue's name, not its URL."
  }
}

variable "metrics" {
  description = "Where programs publish the depth of queues: the namespace, and the name of the dimension."
  type        = object({ namespace = string, queue_dimension = string })

  validation {
    condition     = !startswith(var.metrics.namespace, "AWS/")
    error_message = "Expected a namespace that is not AWS's own."
  }
}

variable "steps" {
  description = "From how many messages on (inclusive) which exact number of tasks; ascending, the first from 1."
  type        = list(object({ from = number, capacity = number }))

  validation {
    condition     = length(var.steps) >= 1 && length(var.steps) <= 20
    error_message = "Expected 1 to 20 steps, which are the most that a scaling policy takes; received ${length(var.steps)}."
  }

  validation {
    condition     = try(var.steps[0].from == 1, false)
    error_message = "Expected the first step from 1: one message has to wake the service."
  }

  validation {
    condition = alltrue([
      for i, step in var.steps : step.capacity >= 1 && floor(step.from) == step.from && floor(step.capacity) == step.capacity
      && (i == 0 ? true : step.from > var.steps[i - 1].from && step.capacity > var.steps[i - 1].capacity)
    ])
    error_message = "Expected whole numbers that ascend, with one task or more."
  }
}

variable "enable_execute_command" {
  description = "Whether ECS Exec may open a shell in a running task."
  type        = bool
}

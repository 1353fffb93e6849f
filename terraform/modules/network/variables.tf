variable "name" {
  description = "What the names of the network's parts begin with."
  type        = string

  validation {
    condition     = length(var.name) >= 1 && length(var.name) <= 100
    error_message = "Expected 1 to 100 characters."
  }
}

variable "cidr" {
  description = "Addresses of the network that is made; not looked at where own is given."
  type        = string
  default     = "10.87.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 24, false)
    error_message = "Expected an IPv4 network of /16 to /24, as in 10.87.0.0/16."
  }
}

variable "own" {
  description = "An own network instead of a new one: its subnets must reach the internet, by public addresses (assign_public_ip) or a NAT. With route_table_ids it gets the gateway endpoint to S3."
  type = object({
    vpc_id           = string
    subnet_ids       = list(string)
    assign_public_ip = optional(bool, true)
    route_table_ids  = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.own == null || try(length(var.own.subnet_ids) >= 1 && length(var.own.subnet_ids) == length(distinct(var.own.subnet_ids)), false)
    error_message = "Expected at least one subnet, and none twice."
  }
}

variable "excluded_zone_ids" {
  description = "Availability zones, by id, in which no task shall run, beside those without Fargate or ARM64 on Fargate."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.excluded_zone_ids : can(regex("^[a-z0-9]+-az[0-9]+$", id))])
    error_message = "Expected zone ids, as in use1-az3: the names (us-east-1a) mean another zone in every account."
  }

  validation {
    condition     = alltrue([for zone_id in local.own_zone_ids : contains(local.usable_zone_ids, zone_id) && !contains(var.excluded_zone_ids, zone_id)])
    error_message = "One of the subnets that were given is in a zone that is excluded, or that has no Fargate."
  }
}

variable "tasks" {
  description = "Tasks that run at once at most: each takes an address."
  type        = number

  validation {
    condition     = local.addresses >= var.tasks
    error_message = "The subnets hold ${local.addresses} tasks (an address each, as many in every zone as in the smallest), and ${var.tasks} are to run: take larger subnets, or a lower maximum."
  }
}

variable "maximum" {
  description = "Tasks at most; a whole number from 1."
  type        = number

  validation {
    condition     = var.maximum >= 1 && var.maximum <= 100000 && floor(var.maximum) == var.maximum
    error_message = "Expected a whole number from 1 to 100000, received ${var.maximum}."
  }
}

variable "seconds_per_split" {
  description = "Seconds that one task takes for one split, with all its threads."
  type        = number

  validation {
    condition     = var.seconds_per_split > 0 && var.seconds_per_split <= 1000000
    error_message = "Expected seconds up to 1000000, received ${var.seconds_per_split}."
  }
}

variable "drain_seconds" {
  description = "Seconds in which a backlog is to be worked off, as long as the maximum allows."
  type        = number

  validation {
    condition     = var.drain_seconds > 0 && var.drain_seconds <= 1000000
    error_message = "Expected seconds up to 1000000, received ${var.drain_seconds}."
  }
}

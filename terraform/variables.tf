# --- the fleet ---

variable "name" {
  description = "The fleet's name: what the names of everything begin with."
  type        = string
  default     = "wikifleet"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,24}$", var.name))
    error_message = "Expected a-z 0-9 -, at most 25, the first a letter."
  }
}

variable "region" {
  description = "AWS region that everything is in."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Expected a region, as in us-east-1."
  }
}

variable "tags" {
  description = "Tags of everything; fleet is added."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 40 && !contains(keys(var.tags), "fleet")
    error_message = "Expected at most 40 tags, and none called fleet."
  }
}

variable "image" {
  description = "The image of all programs, by digest. null: everything but tasks and services, so that there is a repository to push the image to."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || can(regex("^[a-zA-Z0-9][^\\s@]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Expected an image by digest, as in name@sha256:0123…: a tag may mean another image tomorrow."
  }
}

variable "create_repository" {
  description = "Whether an ECR repository is made for the image."
  type        = bool
  default     = true
}

variable "repository_force_delete" {
  description = "Whether terraform destroy may delete the repository with the images in it; without it, destroy fails on a repository that has any."
  type        = bool
  default     = false
}

variable "contact" {
  description = "A mail address or a URL that mirrors see in our User-Agent: dumps.wikimedia.org asks for one."
  type        = string

  validation {
    condition     = can(regex("^[!-~]{3,200}$", var.contact))
    error_message = "Expected a mail address or a URL without spaces."
  }
}

variable "log_level" {
  description = "What programs log: debug, info, warn, error or silent."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error", "silent"], var.log_level)
    error_message = "Expected debug, info, warn, error or silent."
  }
}

variable "cpu_architecture" {
  description = "The processors that tasks run on and the image is built for: ARM64, which costs a fifth less, or X86_64."
  type        = string
  default     = "ARM64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.cpu_architecture)
    error_message = "Expected ARM64 or X86_64."
  }
}

variable "enable_execute_command" {
  description = "Whether ECS Exec may open a shell in a running task, to search a fault. Tasks may then write to their root filesystem."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "An IAM policy that bounds every role of the fleet, where the account asks for one; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::", var.permissions_boundary_arn))
    error_message = "Expected an IAM policy's ARN."
  }
}

# --- downloading ---

variable "mirror_connections" {
  description = "Connections that each mirror of mirrors.json allows to all of us together, by its name."
  type        = map(number)
  default = {
    accum      = 3
    bringyour  = 3
    pdapps     = 3
    wikimedia  = 3
    "your.org" = 3
  }

  validation {
    condition     = length(var.mirror_connections) > 0 && alltrue([for connections in values(var.mirror_connections) : connections >= 1 && connections <= 32])
    error_message = "Expected 1 to 32 connections for each mirror."
  }
}

variable "downloaders" {
  description = "Downloader tasks while there is something to download (none otherwise); they share each mirror's connections."
  type        = number
  default     = 1

  validation {
    condition     = var.downloaders >= 1 && var.downloaders <= 32 && floor(var.downloaders) == var.downloaders
    error_message = "Expected a whole number from 1 to 32."
  }

  validation {
    # a task's share is what is left of the mirror's connections, rounded down, and never less than one
    condition = alltrue([
      for connections in values(var.mirror_connections) : var.downloaders * max(1, floor(connections / max(1, var.downloaders))) <= connections
    ])
    error_message = "Tasks times a task's share (one connection at least) is above the limit of a mirror; the least that one allows is ${min(values(var.mirror_connections)...)}: run fewer downloaders, or leave the mirror out."
  }
}

variable "download_slots" {
  description = "Downloads at once in one downloader, from all mirrors together: three mirrors of three connections."
  type        = number
  default     = 9

  validation {
    condition     = var.download_slots >= 1 && var.download_slots <= 32 && floor(var.download_slots) == var.download_slots
    error_message = "Expected a whole number from 1 to 32."
  }
}

variable "downloader_size" {
  description = "CPU units (1024 are a vCPU) and MiB of memory of a downloader."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 512, memory = 1024 }

  validation {
    condition     = var.downloader_size.cpu >= 256 && var.downloader_size.memory >= 512
    error_message = "Expected at least 256 CPU units and 512 MiB."
  }
}

# --- converting ---

variable "converters" {
  description = "Converter tasks at most; the least is 0."
  type        = number
  default     = 20

  validation {
    condition     = var.converters >= 1 && var.converters <= 1000 && floor(var.converters) == var.converters
    error_message = "Expected a whole number from 1 to 1000."
  }
}

variable "converter_size" {
  description = "CPU units (1024 are a vCPU) and MiB of memory of a converter: a thread a vCPU, 2 GiB each."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 2048, memory = 4096 }

  validation {
    condition     = var.converter_size.cpu >= 1024 && var.converter_size.memory >= 2048
    error_message = "Expected at least 1024 CPU units and 2048 MiB."
  }
}

variable "converter_capacity" {
  description = "On what converters run: base tasks on demand first, the rest by weight on demand and on Spot."
  type = object({
    base             = optional(number, 1)
    on_demand_weight = optional(number, 0)
    spot_weight      = optional(number, 1)
  })
  default = {}

  validation {
    condition = alltrue([
      for value in values(var.converter_capacity) : value >= 0 && value <= 1000 && floor(value) == value
    ]) && var.converter_capacity.on_demand_weight + var.converter_capacity.spot_weight > 0
    error_message = "Expected whole numbers from 0 to 1000, and one weight above 0."
  }
}

variable "converter_grace_seconds" {
  description = "Seconds that a converter's job may go on after SIGTERM before it is handed back; it is killed after 120."
  type        = number
  default     = 90

  validation {
    condition     = var.converter_grace_seconds >= 0 && var.converter_grace_seconds <= 110
    error_message = "Expected 0 to 110 seconds: ten are for handing the job back before the task is killed after 120."
  }
}

variable "seconds_per_split" {
  description = "Seconds that one converter takes for one split of 32 MiB; `fleet estimate` says what it was in the last run."
  type        = number
  default     = 5

  validation {
    condition     = var.seconds_per_split > 0 && var.seconds_per_split <= 3600
    error_message = "Expected seconds, up to 3600."
  }
}

variable "drain_seconds" {
  description = "Seconds in which a backlog is to be worked off, as long as the maximum of converters allows."
  type        = number
  default     = 120

  validation {
    condition     = var.drain_seconds >= 60 && var.drain_seconds <= 86400
    error_message = "Expected 60 to 86400 seconds."
  }
}

# --- network ---

variable "network_cidr" {
  description = "Addresses of the network that is made."
  type        = string
  default     = "10.87.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.network_cidr))
    error_message = "Expected an IPv4 network, as in 10.87.0.0/16."
  }
}

variable "own_network" {
  description = "An own network instead: its subnets must reach the internet, by public addresses or a NAT. With route_table_ids it gets the gateway endpoint to S3."
  type = object({
    vpc_id           = string
    subnet_ids       = list(string)
    assign_public_ip = optional(bool, true)
    route_table_ids  = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.own_network == null || try(length(var.own_network.subnet_ids) > 0, false)
    error_message = "Expected at least one subnet."
  }
}

variable "excluded_zone_ids" {
  description = "Availability zones, by id, in which no task shall run, beside those that are known to lack Fargate or ARM64 on Fargate (modules/network)."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.excluded_zone_ids : can(regex("^[a-z0-9]+-az[0-9]+$", id))])
    error_message = "Expected zone ids, as in use1-az3: the names (us-east-1a) mean another zone in every account."
  }
}

# --- storage ---

variable "bucket" {
  description = "The bucket's name; null: the fleet's name, the account and the region."
  type        = string
  default     = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9-]{2,62}$", var.bucket))
    error_message = "Expected 3 to 63 of a-z 0-9 -, the first no hyphen."
  }
}

variable "bucket_force_destroy" {
  description = "Whether terraform destroy may delete the bucket with what is in it."
  type        = bool
  default     = false
}

variable "raw_expiry_days" {
  description = "Days after which a dump file that was fetched is deleted; its rows stay. 0 keeps it."
  type        = number
  default     = 30

  validation {
    condition     = var.raw_expiry_days >= 0 && floor(var.raw_expiry_days) == var.raw_expiry_days
    error_message = "Expected a whole number of days, or 0."
  }
}

variable "raw_objects" {
  description = "What becomes of a dump file that was fetched when its rows are whole: keep (until raw_expiry_days) or delete."
  type        = string
  default     = "keep"

  validation {
    condition     = contains(["keep", "delete"], var.raw_objects)
    error_message = "Expected keep or delete."
  }
}

variable "create_kms_key" {
  description = "Whether a KMS key of the fleet's own encrypts objects, messages, logs and images. It costs a dollar a month and its calls; without it AWS's keys do."
  type        = bool
  default     = false
}

# --- watching ---

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "Expected a number of days that CloudWatch Logs knows, as 7, 30 or 365."
  }
}

variable "stalled_minutes" {
  description = "Minutes with a backlog and without progress after which an alarm is raised."
  type        = number
  default     = 60

  validation {
    condition     = var.stalled_minutes >= 15 && var.stalled_minutes <= 1440 && var.stalled_minutes % 5 == 0
    error_message = "Expected 15 to 1440 minutes, a multiple of 5."
  }
}

variable "alert_topic_arn" {
  description = "An SNS topic of your own that alarms notify."
  type        = string
  default     = null

  validation {
    condition     = var.alert_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:", var.alert_topic_arn))
    error_message = "Expected a topic's ARN."
  }
}

variable "create_alert_topic" {
  description = "Whether an SNS topic is made that alarms and the budget notify."
  type        = bool
  default     = false
}

variable "alert_emails" {
  description = "Who is told by mail; each confirms once. Needs create_alert_topic."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "Expected mail addresses."
  }

  validation {
    condition     = length(var.alert_emails) == 0 || var.create_alert_topic
    error_message = "Without create_alert_topic nobody would be told."
  }
}

variable "monthly_budget_usd" {
  description = "US dollars a month above which somebody is told; 0: no budget. Needs create_alert_topic."
  type        = number
  default     = 0

  validation {
    condition     = var.monthly_budget_usd >= 0
    error_message = "Expected dollars, or 0."
  }

  validation {
    condition     = var.monthly_budget_usd == 0 || var.create_alert_topic
    error_message = "Without create_alert_topic nobody would be told."
  }
}

# --- reading ---

variable "create_table" {
  description = "Whether Glue has a table over the rows, and Athena a workgroup with bounds to query it in. Both are free while nobody queries."
  type        = bool
  default     = false
}

variable "query_bytes_cutoff" {
  description = "Compressed bytes after which Athena ends a query: it bills some 5 USD a TB. The default is a fifth of a TB: English articles are some 30 GB."
  type        = number
  default     = 200000000000

  validation {
    condition     = var.query_bytes_cutoff >= 10485760 && floor(var.query_bytes_cutoff) == var.query_bytes_cutoff
    error_message = "Expected whole bytes, at least 10485760: Athena takes no smaller cutoff."
  }
}

variable "query_force_destroy" {
  description = "Whether terraform destroy may delete the Athena workgroup with its history; without it, destroy fails on a workgroup that was used."
  type        = bool
  default     = false
}

# --- by itself ---

variable "seed_schedule" {
  description = "Seeds the newest complete run of these wikis by itself, daily by default; null: never."
  type = object({
    wikis      = list(string)
    kind       = optional(string, "articles-multistream")
    expression = optional(string, "cron(30 4 * * ? *)")
    timezone   = optional(string, "UTC")
  })
  default = null

  validation {
    condition = var.seed_schedule == null || contains([
      "articles-multistream", "articles", "meta-current", "meta-history", "stubs-articles", "stubs-meta-current",
      "stubs-meta-history", "content-current", "content-history",
    ], try(var.seed_schedule.kind, ""))
    error_message = "Expected a kind of dump, as articles-multistream or content-current."
  }

  validation {
    condition     = var.seed_schedule == null || try(length(var.seed_schedule.wikis) > 0, false)
    error_message = "Expected at least one wiki."
  }
}

variable "create_ecs_service_linked_role" {
  description = "Whether the account's service-linked role of ECS is made, by the AWS command line: an account that never had an ECS cluster has none."
  type        = bool
  default     = false
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  bucket     = coalesce(var.bucket, "${var.name}-${local.account_id}-${var.region}")
  # seconds from SIGTERM to SIGKILL; a downloader only lets go of its connections, its replacement is there already
  stop_timeouts = { downloader = 10, converter = 120, seed = 120 }
  # what queues begin with, and what leases take
  visibility_seconds = 120
  kms_key_arn        = one(module.key[*].arn)
  deployed           = var.image == null ? 0 : 1

  # As programs publish: packages/scaling/src/metrics.ts and packages/queue/src/publish-outstanding.ts.
  metrics = { namespace = "Wikifleet", queue_dimension = "QueueName", service_dimension = "service" }

  # a service names capacity providers that the cluster has to have by then
  cluster = aws_ecs_cluster_capacity_providers.this.cluster_name

  alarm_actions = concat(module.alerts[*].topic_arn, var.alert_topic_arn == null ? [] : [var.alert_topic_arn])

  # Known before anything is made, so that `terraform plan` shows what each role may do.
  sqs = "arn:${local.partition}:sqs:${var.region}:${local.account_id}"
  ecs = "arn:${local.partition}:ecs:${var.region}:${local.account_id}"
  resources = {
    bucket                     = "arn:${local.partition}:s3:::${local.bucket}"
    download_queue             = "${local.sqs}:${var.name}-download"
    download_dead_letter_queue = "${local.sqs}:${var.name}-download-dead-letter"
    convert_queue              = "${local.sqs}:${var.name}-convert"
    convert_dead_letter_queue  = "${local.sqs}:${var.name}-convert-dead-letter"
    tasks                      = "${local.ecs}:task/${var.name}/*"
    namespace                  = local.metrics.namespace
    # of the operator
    cluster          = "${local.ecs}:cluster/${var.name}"
    services         = "${local.ecs}:service/${var.name}/*"
    task_definitions = "${local.ecs}:task-definition/${var.name}-*"
    scalable_targets = "arn:${local.partition}:application-autoscaling:${var.region}:${local.account_id}:scalable-target/*"
    task_roles       = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-*"
  }
  policies = { for program in ["seed", "downloader", "converter"] : program => merge(
    { (program) = templatefile("${path.module}/policies/${program}.json.tftpl", local.resources) },
    var.create_kms_key ? { kms = templatefile("${path.module}/policies/kms.json.tftpl", { key = local.kms_key_arn }) } : {},
    program == "converter" && var.raw_objects == "delete" ? { delete-raw = templatefile("${path.module}/policies/delete-raw.json.tftpl", local.resources) } : {},
  ) }

  operator_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      jsondecode(templatefile("${path.module}/policies/operator.json.tftpl", local.resources)).Statement,
      var.create_kms_key ? jsondecode(templatefile("${path.module}/policies/kms.json.tftpl", { key = local.kms_key_arn })).Statement : [],
    )
  })

  # What packages/config/src/settings.ts reads.
  environment = {
    AWS_REGION                               = var.region
    WIKIFLEET_BUCKET                         = module.storage.bucket
    WIKIFLEET_DOWNLOAD_QUEUE_URL             = module.download_queue.url
    WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL = module.download_queue.dead_letter_url
    WIKIFLEET_CONVERT_QUEUE_URL              = module.convert_queue.url
    WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL  = module.convert_queue.dead_letter_url
    WIKIFLEET_LOG_LEVEL                      = var.log_level
  }
  # of those who speak to mirrors; WIKIFLEET_MIRRORS is the image's mirrors.json
  contact = { WIKIFLEET_CONTACT = var.contact }
  operator_environment = merge(local.environment, local.contact, {
    WIKIFLEET_CLUSTER            = var.name
    WIKIFLEET_DOWNLOADER_SERVICE = "${var.name}-downloader"
    WIKIFLEET_CONVERTER_SERVICE  = "${var.name}-converter"
    WIKIFLEET_DOWNLOADERS        = tostring(var.downloaders)
  })
  worker_environment = merge(local.environment, {
    WIKIFLEET_METRICS            = "emf"
    WIKIFLEET_VISIBILITY_SECONDS = tostring(local.visibility_seconds)
  })

  https = { "HTTPS: AWS and mirrors" = { from = 443, to = 443 } }
  ftp = {
    "FTP: commands"                                = { from = 21, to = 21 }
    "FTP: data, on a port that the server chooses" = { from = 1024, to = 65535 }
  }
}

module "key" {
  source = "./modules/key"
  count  = var.create_kms_key ? 1 : 0
  name   = var.name
}

module "registry" {
  source       = "./modules/registry"
  count        = var.create_repository ? 1 : 0
  name         = var.name
  force_delete = var.repository_force_delete
  kms_key_arn  = local.kms_key_arn
}

module "network" {
  source            = "./modules/network"
  name              = var.name
  cidr              = var.network_cidr
  own               = var.own_network
  excluded_zone_ids = var.excluded_zone_ids
  # the seed and one by hand
  tasks = var.downloaders + var.converters + 2
}

module "storage" {
  source          = "./modules/storage"
  bucket          = local.bucket
  raw_expiry_days = var.raw_expiry_days
  # a week: a result is made again by its query
  query_results_expiry_days = var.create_table ? 7 : 0
  force_destroy             = var.bucket_force_destroy
  kms_key_arn               = local.kms_key_arn
}

module "query" {
  source               = "./modules/query"
  count                = var.create_table ? 1 : 0
  name                 = var.name
  bucket               = module.storage.bucket
  bytes_scanned_cutoff = var.query_bytes_cutoff
  force_destroy        = var.query_force_destroy
  kms_key_arn          = local.kms_key_arn
}

module "download_queue" {
  source                     = "./modules/queue"
  name                       = "${var.name}-download"
  visibility_timeout_seconds = local.visibility_seconds
  kms_key_arn                = local.kms_key_arn
}

module "convert_queue" {
  source                     = "./modules/queue"
  name                       = "${var.name}-convert"
  visibility_timeout_seconds = local.visibility_seconds
  kms_key_arn                = local.kms_key_arn
}

resource "terraform_data" "ecs_service_linked_role" {
  count = var.create_ecs_service_linked_role ? 1 : 0

  # It is the account's, not the fleet's: it stays when the fleet goes, and may be there already.
  provisioner "local-exec" {
    command = "aws iam get-role --role-name AWSServiceRoleForECS >/dev/null 2>&1 || aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
  }
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights are billed a task and metric; programs publish what is needed, and tasks are counted free of charge
  name = var.name

  setting {
    name  = "containerInsights"
    value = "disabled"
  }

  depends_on = [terraform_data.ecs_service_linked_role]
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

module "seed_task" {
  source                   = "./modules/task"
  count                    = local.deployed
  name                     = var.name
  program                  = "seed"
  image                    = var.image
  cpu                      = 256
  memory                   = 512
  stop_timeout             = local.stop_timeouts.seed
  heartbeat                = false
  environment              = merge(local.environment, local.contact)
  policies                 = local.policies.seed
  egress                   = local.https
  vpc_id                   = module.network.vpc_id
  log_retention_days       = var.log_retention_days
  kms_key_arn              = local.kms_key_arn
  cpu_architecture         = var.cpu_architecture
  enable_execute_command   = var.enable_execute_command
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "downloader_task" {
  source       = "./modules/task"
  count        = local.deployed
  name         = var.name
  program      = "downloader"
  image        = var.image
  cpu          = var.downloader_size.cpu
  memory       = var.downloader_size.memory
  stop_timeout = local.stop_timeouts.downloader
  heartbeat    = true
  environment = merge(local.worker_environment, local.contact, {
    WIKIFLEET_DOWNLOADERS    = tostring(var.downloaders)
    WIKIFLEET_DOWNLOAD_SLOTS = tostring(var.download_slots)
  })
  policies                 = local.policies.downloader
  egress                   = merge(local.https, local.ftp)
  vpc_id                   = module.network.vpc_id
  log_retention_days       = var.log_retention_days
  kms_key_arn              = local.kms_key_arn
  cpu_architecture         = var.cpu_architecture
  enable_execute_command   = var.enable_execute_command
  permissions_boundary_arn = var.permissions_boundary_arn
}

# 0 tasks or all of them: two numbers would share the mirrors' connections differently.
module "downloader" {
  source              = "./modules/service"
  count               = local.deployed
  name                = "${var.name}-downloader"
  cluster             = local.cluster
  task_definition_arn = module.downloader_task[0].task_definition_arn
  # a download that Spot interrupts begins its part anew, and the task costs a cent an hour
  capacity = { base = 0, on_demand_weight = 1, spot_weight = 0 }
  queue    = module.download_queue.name
  metrics  = local.metrics
  steps    = [{ from = 1, capacity = var.downloaders }]
  network = {
    subnet_ids        = module.network.subnet_ids
    security_group_id = module.downloader_task[0].security_group_id
    assign_public_ip  = module.network.assign_public_ip
  }
  enable_execute_command = var.enable_execute_command
}

module "converter_task" {
  source       = "./modules/task"
  count        = local.deployed
  name         = var.name
  program      = "converter"
  image        = var.image
  cpu          = var.converter_size.cpu
  memory       = var.converter_size.memory
  stop_timeout = local.stop_timeouts.converter
  heartbeat    = true
  environment = merge(local.worker_environment, {
    WIKIFLEET_RAW_OBJECTS   = var.raw_objects
    WIKIFLEET_GRACE_SECONDS = tostring(var.converter_grace_seconds)
    WIKIFLEET_WORKERS       = tostring(floor(var.converter_size.cpu / 1024))
  })
  policies                 = local.policies.converter
  egress                   = local.https
  vpc_id                   = module.network.vpc_id
  log_retention_days       = var.log_retention_days
  kms_key_arn              = local.kms_key_arn
  cpu_architecture         = var.cpu_architecture
  enable_execute_command   = var.enable_execute_command
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "converter_steps" {
  source            = "./modules/steps"
  maximum           = var.converters
  seconds_per_split = var.seconds_per_split
  drain_seconds     = var.drain_seconds
}

module "converter" {
  source              = "./modules/service"
  count               = local.deployed
  name                = "${var.name}-converter"
  cluster             = local.cluster
  task_definition_arn = module.converter_task[0].task_definition_arn
  capacity            = var.converter_capacity
  queue               = module.convert_queue.name
  metrics             = local.metrics
  steps               = module.converter_steps.steps
  network = {
    subnet_ids        = module.network.subnet_ids
    security_group_id = module.converter_task[0].security_group_id
    assign_public_ip  = module.network.assign_public_ip
  }
  enable_execute_command = var.enable_execute_command
}

# For whoever runs `fleet` and `seed` with credentials of their own; it is attached to nobody.
resource "aws_iam_policy" "operator" {
  name        = "${var.name}-operator"
  description = "What the fleet command and a seed of ${var.name} call"
  policy      = local.operator_policy
}

module "alerts" {
  source             = "./modules/alerts"
  count              = var.create_alert_topic ? 1 : 0
  name               = var.name
  emails             = var.alert_emails
  monthly_budget_usd = var.monthly_budget_usd
  kms_key_arn        = local.kms_key_arn
}

module "observability" {
  source          = "./modules/observability"
  count           = local.deployed
  name            = var.name
  cluster         = aws_ecs_cluster.this.name
  metrics         = local.metrics
  downloaders     = var.downloaders
  stalled_minutes = var.stalled_minutes
  alarm_actions   = local.alarm_actions
  stages = {
    downloader = {
      service     = module.downloader[0].name
      queue       = module.download_queue.name
      dead_letter = module.download_queue.dead_letter_name
      log_group   = module.downloader_task[0].log_group
      progress    = "BytesIn"
    }
    converter = {
      service     = module.converter[0].name
      queue       = module.convert_queue.name
      dead_letter = module.convert_queue.dead_letter_name
      log_group   = module.converter_task[0].log_group
      progress    = "Rows"
    }
  }
}

module "seed_schedule" {
  source        = "./modules/seed-schedule"
  count         = var.seed_schedule == null ? 0 : local.deployed
  name          = var.name
  schedule      = var.seed_schedule
  alarm_actions = local.alarm_actions
  cluster       = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
  task = {
    family             = module.seed_task[0].family
    task_role_arn      = module.seed_task[0].task_role_arn
    execution_role_arn = module.seed_task[0].execution_role_arn
    security_group_id  = module.seed_task[0].security_group_id
  }
  network = {
    subnet_ids       = module.network.subnet_ids
    assign_public_ip = module.network.assign_public_ip
  }
  permissions_boundary_arn = var.permissions_boundary_arn
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  title      = "${var.name}-${var.program}"
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  log_group  = "/${var.name}/${var.program}"
  heartbeat  = "/tmp/heartbeat"

  # Of an image in ECR: account, region and name. Any other registry needs no permission of ours.
  ecr = try(regex("^(\\d{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?/([^@:]+)", var.image), null)

  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      # not for the tasks of another account (confused deputy)
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account_id}:*" }
      }
    }]
  })

  environment = merge(var.environment, var.heartbeat ? { WIKIFLEET_HEARTBEAT_FILE = local.heartbeat } : {})

  container = {
    name      = var.program
    image     = var.image
    command   = ["apps/${var.program}/dist/main.js"]
    essential = true
    user      = "node"
    # nothing of the image can be changed by what runs in it; the agent of ECS Exec has to write
    readonlyRootFilesystem = !var.enable_execute_command
    # passes SIGTERM on, and takes care of orphans
    linuxParameters = { initProcessEnabled = true, capabilities = { drop = ["ALL"], add = [] } }
    stopTimeout     = var.stop_timeout
    environment     = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
    mountPoints     = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    portMappings    = []
    volumesFrom     = []
    systemControls  = []
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group
        awslogs-region        = local.region
        awslogs-stream-prefix = var.program
        # both said, since the account may say otherwise: a log that is slow must not stop the work
        mode            = "non-blocking"
        max-buffer-size = "25m"
      }
    }
  }
  # ECS ignores the image's own. A file's age, not an answer: a busy processor never looks dead.
  health = { for key in var.heartbeat ? ["healthCheck"] : [] : key => {
    command     = ["CMD", "node", "packages/worker/dist/check-heartbeat.js"]
    interval    = 60
    timeout     = 30
    retries     = 3
    startPeriod = 60
  } }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:encrypted by CloudWatch's own key, or by a KMS key where one is given; no page text is logged
  #checkov:skip=CKV_AWS_338:a run is over in days, and its receipts and manifests stay; a year of logs is a variable away
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.title
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode([merge(local.container, local.health)])

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  # The only place that can be written to. The image declares /tmp as a volume, so that it is everybody's, as on any Linux.
  volume {
    name = "tmp"
  }
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:the service and the schedule of the seed take it
  name        = local.title
  description = "The ${var.program} of ${var.name}: nothing comes in"
  vpc_id      = var.vpc_id
  tags        = { Name = local.title }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each          = var.egress
  security_group_id = aws_security_group.this.id
  description       = each.key
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value.from
  to_port           = each.value.to
}

resource "aws_iam_role" "task" {
  name                 = "${local.title}-task"
  description          = "What the ${var.program} of ${var.name} may do"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "task" {
  for_each = var.policies
  name     = each.key
  role     = aws_iam_role.task.name
  policy   = each.value
}

# ECS Exec: a shell in a running task, by Systems Manager. The actions have no resources.
resource "aws_iam_role_policy" "execute_command" {
  #checkov:skip=CKV_AWS_290:these actions have no resources
  #checkov:skip=CKV_AWS_355:these actions have no resources
  count = var.enable_execute_command ? 1 : 0
  name  = "execute-command"
  role  = aws_iam_role.task.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "OpenAChannel"
      Effect   = "Allow"
      Action   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "execution" {
  name                 = "${local.title}-execution"
  description          = "What ECS does to start the ${var.program} of ${var.name}"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}:*"
      }],
      local.ecr == null ? [] : [{
        Sid      = "PullTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:${local.ecr[1]}:${local.ecr[0]}:repository/${local.ecr[2]}"
      }],
      # it has no resource
      local.ecr == null ? [] : [{
        Sid      = "LogInToTheRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = "*"
      }],
    )
  })
}

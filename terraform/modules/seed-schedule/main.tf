data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  family_arn = "arn:${local.partition}:ecs:${data.aws_region.current.region}:${local.account_id}:task-definition/${var.task.family}"
  command = [
    "apps/seed/dist/main.js", "--wiki", join(",", var.schedule.wikis), "--kind", var.schedule.kind, "--date", "latest",
  ]
}

# Until a new run is complete the newest one is seeded again, which enqueues nothing.
resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:it holds names of wikis that are public, and no secret
  name                         = "${var.name}-seed"
  description                  = "Seeds the newest complete run of ${join(", ", var.schedule.wikis)}"
  schedule_expression          = var.schedule.expression
  schedule_expression_timezone = var.schedule.timezone

  # mirrors need not see every fleet at the same second
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 30
  }

  target {
    arn      = var.cluster.arn
    role_arn = aws_iam_role.this.arn
    input    = jsonencode({ containerOverrides = [{ name = "seed", command = local.command }] })

    ecs_parameters {
      # the family without a revision: the newest
      task_definition_arn     = local.family_arn
      task_count              = 1
      enable_ecs_managed_tags = true
      propagate_tags          = "TASK_DEFINITION"

      capacity_provider_strategy {
        capacity_provider = "FARGATE"
        weight            = 1
      }

      network_configuration {
        subnets          = var.network.subnet_ids
        security_groups  = [var.task.security_group_id]
        assign_public_ip = var.network.assign_public_ip
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-seed-schedule"
  description = "Starts the seed of ${var.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "start-the-seed"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunTheSeedHere"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = [local.family_arn, "${local.family_arn}:*"]
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster.arn } }
      },
      {
        Sid       = "WithItsRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [var.task.task_role_arn, var.task.execution_role_arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}

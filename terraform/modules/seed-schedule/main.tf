data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  family_arn = "arn:${local.partition}:ecs:${data.aws_region.current.region}:${local.account_id}:task-definition/${var.task.family}"
  tasks_arn  = "arn:${local.partition}:ecs:${data.aws_region.current.region}:${local.account_id}:task/${var.cluster.name}/*"
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

    dead_letter_config {
      arn = aws_sqs_queue.dead_letter.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

# A start that AWS refused and did not make up for in an hour.
resource "aws_sqs_queue" "dead_letter" {
  #checkov:skip=CKV_AWS_27:encrypted by SQS's own keys; it holds names of wikis
  name                      = "${var.name}-seed-schedule-dead-letter"
  message_retention_seconds = 14 * 24 * 60 * 60
  sqs_managed_sse_enabled   = true
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-seed-schedule-dead-letters"
  alarm_description   = "The schedule could not start the seed: the messages in ${aws_sqs_queue.dead_letter.name} have ERROR_CODE and ERROR_MESSAGE as attributes"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letter.name }
  statistic           = "Maximum"
  period              = 300
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  # a queue without messages for six hours publishes nothing
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_actions
  ok_actions         = var.alarm_actions
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-seed-schedule"
  permissions_boundary = var.permissions_boundary_arn
  description          = "Starts the seed of ${var.name}"
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
      {
        # the task has the tags of its definition: without this nothing starts
        Sid       = "TagTheTask"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = local.tasks_arn
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      {
        Sid      = "ReportWhatDidNotStart"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.dead_letter.arn
      },
    ]
  })
}

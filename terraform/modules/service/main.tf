locals {
  maximum   = max(var.steps[*].capacity...)
  threshold = 1
  period    = 60

  providers = {
    FARGATE      = { base = var.capacity.base, weight = var.capacity.on_demand_weight }
    FARGATE_SPOT = { base = 0, weight = var.capacity.spot_weight }
  }

  # What both alarms compare: the larger of what programs publish at once and what SQS publishes a minute later, and up to
  # 15 minutes late when a queue wakes. The programs' figure wakes the fleet in time; SQS's remains when no program runs.
  # The maximum is written as a sum, since CloudWatch does not document how MAX treats a side that is missing: a value that
  # is missing in a sum counts as 0. Where all are missing there is no value, and each alarm states what that means.
  # Nothing is filled in: FILL on a late metric leaves an alarm stuck.
  expressions = {
    sqs     = { expression = "visible + in_flight", label = "SQS", return_data = false }
    backlog = { expression = "(outstanding + sqs + ABS(outstanding - sqs)) / 2", label = "backlog", return_data = true }
  }
  metrics = {
    outstanding = { namespace = var.metrics.namespace, name = "Outstanding", dimensions = { (var.metrics.queue_dimension) = var.queue } }
    visible     = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.queue } }
    in_flight   = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesNotVisible", dimensions = { QueueName = var.queue } }
  }
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_333:public subnets without ingress instead of a NAT gateway, which costs more than the idle fleet
  name            = var.name
  cluster         = var.cluster
  task_definition = var.task_definition_arn
  desired_count   = 0

  # A replacement never runs beside what it replaces: mirrors would see twice the connections.
  deployment_maximum_percent         = 100
  deployment_minimum_healthy_percent = 0
  # on by default, it would stop busy tasks to even out zones
  availability_zone_rebalancing = "DISABLED"
  # without it a change of weights replaces the service
  force_new_deployment    = true
  enable_execute_command  = var.enable_execute_command
  enable_ecs_managed_tags = true
  propagate_tags          = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # instead of a launch type, which rules out Spot
  dynamic "capacity_provider_strategy" {
    for_each = { for provider, share in local.providers : provider => share if share.base > 0 || share.weight > 0 }

    content {
      capacity_provider = capacity_provider_strategy.key
      base              = capacity_provider_strategy.value.base
      weight            = capacity_provider_strategy.value.weight
    }
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = [var.network.security_group_id]
    assign_public_ip = var.network.assign_public_ip
  }

  lifecycle {
    # Application Auto Scaling alone changes it: an apply in mid-run must not stop the fleet
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster}/${aws_ecs_service.this.name}"
  min_capacity       = 0
  max_capacity       = local.maximum

  lifecycle {
    # `fleet start` pins the minimum for a time, `fleet stop` and `pause` suspend: an apply must not undo either
    ignore_changes = [min_capacity, suspended_state]
  }
}

resource "aws_appautoscaling_policy" "out" {
  name               = "${var.name}-out"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 0

    dynamic "step_adjustment" {
      for_each = var.steps

      content {
        # counted from the alarm's threshold; the lower bound is inclusive, the upper is not
        metric_interval_lower_bound = step_adjustment.value.from - local.threshold
        metric_interval_upper_bound = step_adjustment.key == length(var.steps) - 1 ? null : var.steps[step_adjustment.key + 1].from - local.threshold
        scaling_adjustment          = step_adjustment.value.capacity
      }
    }
  }
}

resource "aws_appautoscaling_policy" "in" {
  name               = "${var.name}-in"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 0

    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "out" {
  alarm_name          = "${var.name}-out"
  alarm_description   = "Something is to be done in ${var.queue}: the service grows"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.threshold
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  # nobody says anything: no reason to grow
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_appautoscaling_policy.out.arn]

  dynamic "metric_query" {
    for_each = local.expressions

    content {
      id          = metric_query.key
      expression  = metric_query.value.expression
      label       = metric_query.value.label
      return_data = metric_query.value.return_data
    }
  }

  dynamic "metric_query" {
    for_each = local.metrics

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = local.period
        stat        = "Maximum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "in" {
  alarm_name          = "${var.name}-in"
  alarm_description   = "Nothing is to be done in ${var.queue} for three minutes: the service goes to zero"
  comparison_operator = "LessThanThreshold"
  threshold           = local.threshold
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  # nobody says anything: no reason to stop anybody, and none to start again
  treat_missing_data = "ignore"
  alarm_actions      = [aws_appautoscaling_policy.in.arn]

  dynamic "metric_query" {
    for_each = local.expressions

    content {
      id          = metric_query.key
      expression  = metric_query.value.expression
      label       = metric_query.value.label
      return_data = metric_query.value.return_data
    }
  }

  dynamic "metric_query" {
    for_each = local.metrics

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = local.period
        stat        = "Maximum"
      }
    }
  }
}

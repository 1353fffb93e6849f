data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
  queues = flatten([for program, stage in var.stages : [stage.queue, stage.dead_letter]])

  queries = {
    failures     = <<-EOT
      fields @timestamp, service, event, run, file, split, receiveCount, code, msg
      | filter level in ["error", 50]
      | sort @timestamp desc
      | limit 200
    EOT
    retries      = <<-EOT
      filter event = "job failed, to be tried again"
      | stats count(*) as times, latest(msg) as last by service, run, file, code
      | sort times desc
      | limit 100
    EOT
    throughput   = <<-EOT
      filter event = "metrics"
      | stats sum(Rows) / 300 as rowsPerSecond, sum(BytesIn) / 300 as bytesInPerSecond, sum(BytesOut) / 300 as bytesOutPerSecond by bin(5m), service
    EOT
    slowest-jobs = <<-EOT
      filter ispresent(seconds) and ispresent(file)
      | sort seconds desc
      | display @timestamp, service, run, file, split, seconds, receiveCount
      | limit 50
    EOT
    mirrors      = <<-EOT
      filter event = "mirror rests"
      | stats count(*) as times, latest(msg) as last by mirror, code
      | sort times desc
    EOT
    task-seconds = <<-EOT
      filter event = "metrics"
      | stats sum(TaskSeconds) as taskSeconds, sum(TaskStarts) as starts by service, bin(1d)
    EOT
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each        = local.queries
  name            = "${var.name}/${each.key}"
  log_group_names = [for stage in var.stages : stage.log_group]
  query_string    = each.value
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each            = var.stages
  alarm_name          = "${var.name}-${each.key}-dead-letters"
  alarm_description   = "Jobs of the ${each.key} failed for good: `fleet dlq` says which and why, `fleet redrive` tries them again"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value.dead_letter }
  statistic           = "Maximum"
  period              = 300
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  # a queue that slept for six hours says nothing
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_actions
  ok_actions         = var.alarm_actions
}

# Acknowledged messages alone would not do: the download of one file may take hours.
resource "aws_cloudwatch_metric_alarm" "stalled" {
  for_each            = var.stages
  alarm_name          = "${var.name}-${each.key}-stalled"
  alarm_description   = "The ${each.key} got nowhere for ${var.stalled_minutes} minutes although there is a backlog: `fleet status` says why"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = var.stalled_minutes / 5
  datapoints_to_alarm = var.stalled_minutes / 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions

  metric_query {
    id          = "stalled"
    label       = "backlog without progress"
    expression  = "IF(visible + in_flight >= 1, IF(visible * 0 + deleted + progress > 0, 0, 1), 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      visible   = { name = "ApproximateNumberOfMessagesVisible", stat = "Maximum" }
      in_flight = { name = "ApproximateNumberOfMessagesNotVisible", stat = "Maximum" }
      deleted   = { name = "NumberOfMessagesDeleted", stat = "Sum" }
    }

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = "AWS/SQS"
        metric_name = metric_query.value.name
        dimensions  = { QueueName = each.value.queue }
        period      = 300
        stat        = metric_query.value.stat
      }
    }
  }

  metric_query {
    id          = "progress"
    return_data = false

    metric {
      namespace   = var.metrics.namespace
      metric_name = each.value.progress
      dimensions  = { (var.metrics.service_dimension) = each.key }
      period      = 300
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "downloaders_missing" {
  alarm_name          = "${var.name}-downloaders-missing"
  alarm_description   = "Fewer than ${var.downloaders} downloaders for 15 minutes although their queue is not empty: the service's events (`fleet status`) say why"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 15
  datapoints_to_alarm = 15
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions

  metric_query {
    id    = "missing"
    label = "downloaders missing"
    # no task, no metric: added to one that is there, it counts as 0
    expression  = "IF(visible >= 1, IF(visible * 0 + running < ${var.downloaders}, 1, 0), 0)"
    return_data = true
  }

  metric_query {
    id          = "visible"
    return_data = false

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = var.stages["downloader"].queue }
      period      = 60
      stat        = "Maximum"
    }
  }

  metric_query {
    id          = "running"
    return_data = false

    metric {
      namespace   = "AWS/ECS"
      metric_name = "CPUUtilization"
      dimensions  = { ClusterName = var.cluster, ServiceName = var.stages["downloader"].service }
      period      = 60
      stat        = "SampleCount"
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}

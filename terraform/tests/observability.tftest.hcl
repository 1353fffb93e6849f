mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  contact            = "me@example.org"
  image              = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  downloaders        = 2
  create_alert_topic = true
}

run "alarms" {
  command = plan

  assert {
    condition = { for program, alarm in module.observability[0].planned.dead_letters : program => "${alarm.namespace} ${alarm.metric_name} ${alarm.dimensions.QueueName} ${alarm.comparison_operator} ${alarm.threshold}" } == {
      downloader = "AWS/SQS ApproximateNumberOfMessagesVisible wikifleet-download-dead-letter GreaterThanThreshold 0"
      converter  = "AWS/SQS ApproximateNumberOfMessagesVisible wikifleet-convert-dead-letter GreaterThanThreshold 0"
    }
    error_message = "Expected an alarm for the first dead letter of each queue."
  }

  assert {
    condition = { for program, alarm in module.observability[0].planned.stalled : program => {
      for query in alarm.metric_query : query.id => length(query.metric) == 0 ? query.expression : "${query.metric[0].metric_name} ${jsonencode(query.metric[0].dimensions)}"
      } } == {
      downloader = {
        stalled   = "IF(visible + in_flight >= 1, IF(visible * 0 + deleted + progress > 0, 0, 1), 0)"
        visible   = "ApproximateNumberOfMessagesVisible {\"QueueName\":\"wikifleet-download\"}"
        in_flight = "ApproximateNumberOfMessagesNotVisible {\"QueueName\":\"wikifleet-download\"}"
        deleted   = "NumberOfMessagesDeleted {\"QueueName\":\"wikifleet-download\"}"
        progress  = "BytesIn {\"service\":\"downloader\"}"
      }
      converter = {
        stalled   = "IF(visible + in_flight >= 1, IF(visible * 0 + deleted + progress > 0, 0, 1), 0)"
        visible   = "ApproximateNumberOfMessagesVisible {\"QueueName\":\"wikifleet-convert\"}"
        in_flight = "ApproximateNumberOfMessagesNotVisible {\"QueueName\":\"wikifleet-convert\"}"
        deleted   = "NumberOfMessagesDeleted {\"QueueName\":\"wikifleet-convert\"}"
        progress  = "Rows {\"service\":\"converter\"}"
      }
    }
    error_message = "Expected an alarm for each queue that has a backlog and makes no progress."
  }

  assert {
    condition     = alltrue([for alarm in values(module.observability[0].planned.stalled) : alarm.evaluation_periods == 12 && alarm.datapoints_to_alarm == 12])
    error_message = "Expected an hour without progress."
  }

  assert {
    condition = { for query in module.observability[0].planned.downloaders_missing.metric_query : query.id => length(query.metric) == 0 ? query.expression : "${query.metric[0].metric_name} ${query.metric[0].stat} ${jsonencode(query.metric[0].dimensions)}" } == {
      missing = "IF(visible >= 1, IF(visible * 0 + running < 2, 1, 0), 0)"
      visible = "ApproximateNumberOfMessagesVisible Maximum {\"QueueName\":\"wikifleet-download\"}"
      running = "CPUUtilization SampleCount {\"ClusterName\":\"wikifleet\",\"ServiceName\":\"wikifleet-downloader\"}"
    }
    error_message = "Expected an alarm for fewer than 2 downloaders while their queue is not empty."
  }

  assert {
    condition = alltrue([for alarm in concat(values(module.observability[0].planned.dead_letters), values(module.observability[0].planned.stalled), [module.observability[0].planned.downloaders_missing]) :
      alarm.alarm_actions == toset([module.alerts[0].topic_arn]) && alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "Expected that the topic is told, and that a queue which sleeps is no alarm."
  }

  assert {
    condition     = length(output.alarms) == 5
    error_message = "Expected five alarms."
  }
}

run "dashboard" {
  command = plan

  assert {
    condition = alltrue([for title in ["Depth of the queues", "Age of the oldest message, in seconds", "Running tasks", "Rows a second", "Bytes a second"] :
      contains([for widget in module.observability[0].planned.dashboard.widgets : widget.properties.title], title)
    ])
    error_message = "Expected depth, age, running tasks, rows and bytes."
  }

  assert {
    condition = alltrue([for queue in ["wikifleet-download", "wikifleet-download-dead-letter", "wikifleet-convert", "wikifleet-convert-dead-letter"] : alltrue([for title in ["Depth of the queues", "Age of the oldest message, in seconds"] :
      anytrue([for metric in one([for widget in module.observability[0].planned.dashboard.widgets : widget.properties.metrics if widget.properties.title == title]) : try(metric[3], "") == queue && metric[0] == "AWS/SQS"])
    ])])
    error_message = "Expected depth and age of both queues and of their dead letters."
  }

  assert {
    condition     = length(distinct([for widget in module.observability[0].planned.dashboard.widgets : "${widget.x} ${widget.y}"])) == length(module.observability[0].planned.dashboard.widgets)
    error_message = "Two widgets lie over each other."
  }

  # What workers publish has the service as its only dimension: each other value would be a metric that is paid for.
  assert {
    condition = alltrue(flatten([for widget in module.observability[0].planned.dashboard.widgets : [for metric in widget.properties.metrics :
      metric[1] == "Outstanding" ? metric[2] == "QueueName" && length(metric) == 5 : metric[2] == "service" && length(metric) == 5
      if try(metric[0] == "Wikifleet", false)
    ]]))
    error_message = "Expected the service, or the queue, as the only dimension."
  }

  assert {
    condition     = alltrue([for query in values(module.observability[0].planned.queries) : query.log_group_names == tolist(["/wikifleet/converter", "/wikifleet/downloader"])]) && length(module.observability[0].planned.queries) >= 5
    error_message = "Expected saved queries over the logs of both services."
  }
}

run "who_is_told" {
  command = plan

  variables {
    create_kms_key     = true
    alert_emails       = ["me@example.org"]
    monthly_budget_usd = 50
  }

  assert {
    condition     = module.alerts[0].planned.topic.kms_master_key_id == module.key[0].arn && module.alerts[0].planned.emails == ["me@example.org"]
    error_message = "Expected the topic under the key, with its reader."
  }

  assert {
    condition = jsonencode(module.alerts[0].planned.policy.Statement[0].Principal) == jsonencode({ Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }) && module.alerts[0].planned.policy.Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "Expected that alarms and budgets of this account may publish, and nobody else."
  }

  assert {
    condition     = module.alerts[0].planned.budget.limit_amount == "50" && module.alerts[0].planned.budget.limit_unit == "USD" && length(module.alerts[0].planned.budget.notification) == 2
    error_message = "Expected a budget of 50 dollars a month that tells twice."
  }

  assert {
    condition     = one(module.alerts[0].planned.budget.cost_filter).values == tolist(["user:fleet$wikifleet"])
    error_message = "Expected a budget of what carries the fleet's tag; received ${jsonencode(module.alerts[0].planned.budget.cost_filter)}."
  }
}

run "mail_without_a_topic" {
  command = plan

  variables {
    create_alert_topic = false
    alert_emails       = ["me@example.org"]
  }

  expect_failures = [var.alert_emails]
}

run "a_budget_that_nobody_hears_of" {
  command = plan

  variables {
    create_alert_topic = false
    monthly_budget_usd = 5
  }

  expect_failures = [var.monthly_budget_usd]
}

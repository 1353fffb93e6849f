mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  contact    = "me@example.org"
  image      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  converters = 100
}

# tests/converter-steps.json: the same table holds converterSteps in packages/scaling.
run "the_formula" {
  command = plan

  module {
    source = "./tests/steps"
  }

  assert {
    condition     = length(output.rules) >= 10 && alltrue([for rule in output.rules : rule.received == rule.expected])
    error_message = join("\n", [for rule in output.rules : "${rule.rule}: expected ${rule.expected}, received ${rule.received}" if rule.received != rule.expected])
  }
}

run "both_services" {
  command = plan

  assert {
    condition     = output.scaling_steps == module.converter_steps.steps && length(output.scaling_steps) == 19 && output.scaling_steps[18].capacity == 100
    error_message = "Expected 19 steps to 100 converters; received ${jsonencode(output.scaling_steps)}."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      service.target.min_capacity == 0 && service.target.service_namespace == "ecs" && service.target.scalable_dimension == "ecs:service:DesiredCount"
    && service.target.resource_id == "service/wikifleet/${service.service.name}"])
    error_message = "Expected a scalable target of its own for each service, from 0."
  }

  assert {
    condition     = module.downloader[0].planned.target.max_capacity == 1 && module.converter[0].planned.target.max_capacity == 100
    error_message = "Maximum: expected the downloaders and converters that were asked for."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      alltrue([for policy in values(service.policies) : policy.policy_type == "StepScaling"
        && policy.step_scaling_policy_configuration[0].adjustment_type == "ExactCapacity"
      && length(policy.step_scaling_policy_configuration[0].step_adjustment) <= 20])
    ])
    error_message = "Expected step policies of exact capacities, with 20 steps at most."
  }

  # bounds count from the threshold, which is 1
  assert {
    condition = { for step in module.converter[0].planned.policies.out.step_scaling_policy_configuration[0].step_adjustment : format("%06d", tonumber(step.metric_interval_lower_bound) + 1) => step.scaling_adjustment
    } == { for step in output.scaling_steps : format("%06d", step.from) => step.capacity }
    error_message = "Converter: its policy's steps are not those of the formula."
  }

  assert {
    condition = [for bound in sort([for step in module.converter[0].planned.policies.out.step_scaling_policy_configuration[0].step_adjustment : format("%06d", tonumber(step.metric_interval_lower_bound))]) : tonumber(bound) if tonumber(bound) > 0
      ] == [for bound in sort([for step in module.converter[0].planned.policies.out.step_scaling_policy_configuration[0].step_adjustment : format("%06d", tonumber(step.metric_interval_upper_bound)) if step.metric_interval_upper_bound != null]) : tonumber(bound)
    ]
    error_message = "Converter: its policy's steps leave a gap, or lie over each other."
  }

  assert {
    condition = jsonencode([for step in module.downloader[0].planned.policies.out.step_scaling_policy_configuration[0].step_adjustment :
      [tonumber(step.metric_interval_lower_bound), step.metric_interval_upper_bound, step.scaling_adjustment]
    ]) == "[[0,null,1]]"
    error_message = "Downloader: expected one step, from one message on to all tasks: 0 or N, nothing between."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      jsonencode([for step in service.policies.in.step_scaling_policy_configuration[0].step_adjustment : [step.metric_interval_lower_bound, tonumber(step.metric_interval_upper_bound), step.scaling_adjustment]]) == "[[null,0,0]]"
    ])
    error_message = "In: expected exactly 0 below the threshold."
  }
}

run "alarms_of_both_services" {
  command = plan

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      service.alarms.out.comparison_operator == "GreaterThanOrEqualToThreshold" && service.alarms.out.threshold == 1
      && service.alarms.out.evaluation_periods == 1 && service.alarms.out.datapoints_to_alarm == 1
    && service.alarms.out.treat_missing_data == "notBreaching"])
    error_message = "Out: expected at least 1 in 1 of 1, missing data not breaching."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      service.alarms.in.comparison_operator == "LessThanThreshold" && service.alarms.in.threshold == 1
      && service.alarms.in.evaluation_periods == 3 && service.alarms.in.datapoints_to_alarm == 3
    && service.alarms.in.treat_missing_data == "ignore"])
    error_message = "In: expected below 1 in 3 of 3, missing data ignored."
  }

  assert {
    condition = alltrue(flatten([for service in [module.downloader[0].planned, module.converter[0].planned] : [for alarm in values(service.alarms) :
      { for query in alarm.metric_query : query.id => query.expression if length(query.metric) == 0 } == { sqs = "visible + in_flight", backlog = "(outstanding + sqs + ABS(outstanding - sqs)) / 2" }
    ]]))
    error_message = "Expected one expression in every scaling alarm, the larger of what programs say and what SQS says, and no FILL."
  }

  assert {
    condition = alltrue(flatten([for service in [module.downloader[0].planned, module.converter[0].planned] : [for alarm in values(service.alarms) :
      [for query in alarm.metric_query : query.id if query.return_data] == ["backlog"]
    ]]))
    error_message = "Expected that the alarms decide by the backlog."
  }

  assert {
    condition = alltrue([for name, service in { download = module.downloader[0].planned, convert = module.converter[0].planned } : alltrue([for alarm in values(service.alarms) :
      { for query in alarm.metric_query : query.id => "${query.metric[0].namespace} ${query.metric[0].metric_name} ${jsonencode(query.metric[0].dimensions)} ${query.metric[0].stat} ${query.metric[0].period}" if length(query.metric) > 0 } == {
        outstanding = "Wikifleet Outstanding {\"QueueName\":\"wikifleet-${name}\"} Maximum 60"
        visible     = "AWS/SQS ApproximateNumberOfMessagesVisible {\"QueueName\":\"wikifleet-${name}\"} Maximum 60"
        in_flight   = "AWS/SQS ApproximateNumberOfMessagesNotVisible {\"QueueName\":\"wikifleet-${name}\"} Maximum 60"
      }
    ])])
    error_message = "Expected the metrics of the service's own queue, by one dimension, every 60 seconds."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned, module.converter[0].planned] :
      service.alarms.out.alarm_actions == toset([service.policies.out.arn]) && service.alarms.in.alarm_actions == toset([service.policies.in.arn])
    ])
    error_message = "Expected that each alarm calls its policy, and nothing else."
  }
}

run "more_steps_than_a_policy_takes" {
  command = plan

  module {
    source = "./modules/service"
  }

  variables {
    name                   = "wikifleet-converter"
    cluster                = "wikifleet"
    task_definition_arn    = "arn:aws:ecs:us-east-1:123456789012:task-definition/converter:1"
    capacity               = { base = 1, on_demand_weight = 0, spot_weight = 1 }
    network                = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", assign_public_ip = true }
    queue                  = "wikifleet-convert"
    metrics                = { namespace = "Wikifleet", queue_dimension = "QueueName" }
    enable_execute_command = false
    steps                  = [for i in range(1, 22) : { from = i, capacity = i }]
  }

  expect_failures = [var.steps]
}

run "steps_that_no_single_message_reaches" {
  command = plan

  module {
    source = "./modules/service"
  }

  variables {
    name                   = "wikifleet-converter"
    cluster                = "wikifleet"
    task_definition_arn    = "arn:aws:ecs:us-east-1:123456789012:task-definition/converter:1"
    capacity               = { base = 1, on_demand_weight = 0, spot_weight = 1 }
    network                = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", assign_public_ip = true }
    queue                  = "wikifleet-convert"
    metrics                = { namespace = "Wikifleet", queue_dimension = "QueueName" }
    enable_execute_command = false
    steps                  = [{ from = 2, capacity = 1 }]
  }

  expect_failures = [var.steps]
}

run "a_split_that_takes_no_time" {
  command = plan

  variables {
    seconds_per_split = 0
  }

  expect_failures = [var.seconds_per_split]
}

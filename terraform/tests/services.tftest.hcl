mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

override_resource {
  target          = module.download_queue.aws_sqs_queue.this
  override_during = plan
  values          = { id = "https://sqs.us-east-1.amazonaws.com/123456789012/wikifleet-download" }
}

override_resource {
  target          = module.download_queue.aws_sqs_queue.dead_letter
  override_during = plan
  values          = { id = "https://sqs.us-east-1.amazonaws.com/123456789012/wikifleet-download-dead-letter" }
}

override_resource {
  target          = module.convert_queue.aws_sqs_queue.this
  override_during = plan
  values          = { id = "https://sqs.us-east-1.amazonaws.com/123456789012/wikifleet-convert" }
}

override_resource {
  target          = module.convert_queue.aws_sqs_queue.dead_letter
  override_during = plan
  values          = { id = "https://sqs.us-east-1.amazonaws.com/123456789012/wikifleet-convert-dead-letter" }
}

variables {
  contact     = "me@example.org"
  image       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  downloaders = 3
}

run "the_services" {
  command = plan

  assert {
    condition = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] :
      service.deployment_maximum_percent == 100 && service.deployment_minimum_healthy_percent == 0
    ])
    error_message = "Deployment: expected at most 100 % and at least 0 %, so that a replacement doubles nothing."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] :
      service.availability_zone_rebalancing == "DISABLED" && service.force_new_deployment
    ])
    error_message = "Expected no rebalancing of zones, and a new deployment instead of a new service."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] :
      service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback
    ])
    error_message = "Expected the circuit breaker, with rollback."
  }

  assert {
    condition     = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] : service.desired_count == 0])
    error_message = "Expected that services begin with no task: only Application Auto Scaling changes the count."
  }

  assert {
    condition = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] :
      try(service.network_configuration[0].assign_public_ip, false) && length(service.network_configuration[0].security_groups) == 1 && length(service.network_configuration[0].subnets) >= 1
    ])
    error_message = "Expected tasks with public addresses in the fleet's subnets, under a security group of their own."
  }

  assert {
    condition = { for share in module.downloader[0].planned.service.capacity_provider_strategy : share.capacity_provider => [share.base, share.weight] } == {
      FARGATE = [0, 1]
    }
    error_message = "Downloader: expected on demand only."
  }

  assert {
    condition = { for share in module.converter[0].planned.service.capacity_provider_strategy : share.capacity_provider => [share.base, share.weight] } == {
      FARGATE      = [1, 0]
      FARGATE_SPOT = [0, 1]
    }
    error_message = "Converter: expected its base on demand and the rest on Spot."
  }

  # the mocks say "" where nothing is said
  assert {
    condition     = alltrue([for service in [module.downloader[0].planned.service, module.converter[0].planned.service] : service.launch_type == ""])
    error_message = "Expected no launch type beside a capacity provider strategy: AWS refuses both at once."
  }

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "Cluster: expected both capacity providers of Fargate."
  }

  assert {
    condition     = module.downloader[0].planned.target.max_capacity == 3 && module.converter[0].planned.target.max_capacity == 20
    error_message = "Expected 3 downloaders and 20 converters at most."
  }

  assert {
    condition     = module.network.planned.tasks == 25
    error_message = "Expected that the subnets are held against the maximum of both services, a seed and one more."
  }
}

run "the_tasks" {
  command = plan

  assert {
    condition = alltrue([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      task.definition.runtime_platform[0].cpu_architecture == "ARM64" && task.definition.requires_compatibilities == toset(["FARGATE"]) && task.definition.network_mode == "awsvpc"
    ])
    error_message = "Expected ARM64 on Fargate."
  }

  assert {
    condition     = { for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } : name => task.planned.container.stopTimeout } == { seed = 120, downloader = 10, converter = 120 }
    error_message = "stopTimeout: expected 10 for the downloader, which lets go at once, and 120 for the others."
  }

  assert {
    condition = alltrue([for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } :
      task.planned.container.name == name && task.planned.container.command == ["apps/${name}/dist/main.js"] && task.planned.container.image == var.image
    ])
    error_message = "Expected each program's command, in the image that was given."
  }

  assert {
    condition = alltrue([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      task.container.readonlyRootFilesystem && task.container.user == "node" && task.container.linuxParameters.initProcessEnabled
      && task.container.linuxParameters.capabilities.drop == ["ALL"] && task.container.essential && task.container.portMappings == []
      && task.container.mountPoints == [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }] && [for volume in task.definition.volume : volume.name] == ["tmp"]
    ])
    error_message = "Expected a read-only root, another user than root, an init, no capability, no port, and /tmp to write to."
  }

  assert {
    condition = alltrue([for task in [module.downloader_task[0].planned, module.converter_task[0].planned] :
      task.container.healthCheck.command == ["CMD", "node", "packages/worker/dist/check-heartbeat.js"] && task.container.healthCheck.retries >= 3
      && startswith({ for variable in task.container.environment : variable.name => variable.value }["WIKIFLEET_HEARTBEAT_FILE"], "/tmp/")
    ])
    error_message = "Expected that the health check reads a heartbeat on the volume."
  }

  assert {
    condition     = !contains(keys(module.seed_task[0].planned.container), "healthCheck")
    error_message = "The seed ends by itself and writes no heartbeat."
  }

  assert {
    condition = alltrue([for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } :
      task.planned.container.logConfiguration == {
        logDriver = "awslogs"
        options = {
          awslogs-group         = "/wikifleet/${name}"
          awslogs-region        = "us-east-1"
          awslogs-stream-prefix = name
          max-buffer-size       = "25m"
          mode                  = "non-blocking"
        }
      } && task.planned.log_group.name == "/wikifleet/${name}" && task.planned.log_group.retention_in_days == 30
    ])
    error_message = "Logs: expected awslogs with mode and size, and groups that keep 30 days."
  }

  assert {
    condition     = tonumber({ for variable in module.converter_task[0].planned.container.environment : variable.name => variable.value }["WIKIFLEET_GRACE_SECONDS"]) + 10 <= module.converter_task[0].planned.container.stopTimeout
    error_message = "Converter: expected its grace to end ten seconds before it is killed."
  }

  # tests/environment.json: a test of packages/config holds its values against what programs read
  assert {
    condition = jsonencode({ for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } : name =>
      { for variable in task.planned.container.environment : variable.name => variable.value }
    }) == jsonencode(jsondecode(file("./tests/environment.json")))
    error_message = "Environment: not what tests/environment.json says; received ${jsonencode({ for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } : name => { for variable in task.planned.container.environment : variable.name => variable.value } })}"
  }

  assert {
    condition = {
      for name, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } : name => keys(task.planned.egress)
      } == {
      seed       = ["443-443"]
      downloader = ["1024-65535", "21-21", "443-443"]
      converter  = ["443-443"]
    }
    error_message = "Egress: expected 443, and for the downloader 21 and 1024 to 65535."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for rule in values(task.egress) : rule.ip_protocol == "tcp" && rule.cidr_ipv4 == "0.0.0.0/0"]
    ]))
    error_message = "Egress: expected TCP only."
  }
}

run "more_downloaders_than_a_mirror_takes" {
  command = plan

  variables {
    downloaders = 4
  }

  expect_failures = [var.downloaders]
}

run "a_mirror_that_allows_more" {
  command = plan

  variables {
    downloaders        = 4
    mirror_connections = { here = 4, there = 9 }
  }
}

run "an_image_by_tag" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet:latest"
  }

  expect_failures = [var.image]
}

run "a_grace_beyond_the_kill" {
  command = plan

  variables {
    converter_grace_seconds = 120
  }

  expect_failures = [var.converter_grace_seconds]
}

run "converters_that_run_nowhere" {
  command = plan

  variables {
    converter_capacity = { base = 1, on_demand_weight = 0, spot_weight = 0 }
  }

  expect_failures = [var.converter_capacity]
}

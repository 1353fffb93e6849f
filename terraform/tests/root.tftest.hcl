mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  contact = "me@example.org"
}

run "the_first_apply_without_an_image" {
  command = plan

  assert {
    condition     = length(output.services) == 0 && length(output.run_task) == 0 && output.dashboard == null
    error_message = "Expected no service before there is an image."
  }

  assert {
    condition     = length(module.registry) == 1 && length(module.key) == 0 && length(module.alerts) == 0 && length(terraform_data.ecs_service_linked_role) == 0
    error_message = "Expected a repository, and nothing that was not asked for."
  }

  assert {
    condition     = module.download_queue.planned.queue.visibility_timeout_seconds == 120 && module.convert_queue.planned.queue.visibility_timeout_seconds == 120
    error_message = "Visibility: expected the lease's 120 seconds in both queues."
  }
}

run "a_fleet" {
  command = plan

  variables {
    image                          = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
    create_ecs_service_linked_role = true
    seed_schedule                  = { wikis = ["simplewiki", "dewikivoyage"] }
  }

  assert {
    condition     = keys(output.services) == ["converter", "downloader"] && output.services["converter"].alarms.out == "wikifleet-converter-out" && output.services["converter"].resource_id == "service/wikifleet/wikifleet-converter"
    error_message = "Expected both services, as the command line needs them."
  }

  assert {
    condition     = keys(output.run_task) == ["converter", "downloader", "seed"] && output.run_task["seed"].task_definition == "wikifleet-seed" && output.run_task["seed"].assign_public_ip == "ENABLED"
    error_message = "Expected what starts each program once."
  }

  assert {
    condition     = strcontains(output.shell, "export WIKIFLEET_BUCKET='wikifleet-123456789012-us-east-1'\n") && length(split("\n", trimspace(output.shell))) == length(output.environment)
    error_message = "Expected an environment to evaluate."
  }

  assert {
    condition     = module.seed_schedule[0].planned.schedule.schedule_expression == "cron(30 4 * * ? *)" && module.seed_schedule[0].planned.schedule.target[0].ecs_parameters[0].task_count == 1
    error_message = "Expected one seed a day."
  }

  assert {
    condition = jsondecode(module.seed_schedule[0].planned.schedule.target[0].input) == { containerOverrides = [{
      name    = "seed"
      command = ["apps/seed/dist/main.js", "--wiki", "simplewiki,dewikivoyage", "--kind", "articles-multistream", "--date", "latest"]
    }] }
    error_message = "Expected the seed's command with the newest date; received ${module.seed_schedule[0].planned.schedule.target[0].input}."
  }

  assert {
    condition     = length(terraform_data.ecs_service_linked_role) == 1
    error_message = "Expected that the service-linked role is seen to."
  }
}

run "a_network_that_is_there" {
  command = plan

  variables {
    image       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
    own_network = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"], assign_public_ip = false }
  }

  assert {
    condition     = output.run_task["seed"].subnets == tolist(["subnet-1", "subnet-2"]) && output.run_task["seed"].assign_public_ip == "DISABLED" && !module.converter[0].planned.service.network_configuration[0].assign_public_ip
    error_message = "Expected tasks in the subnets that were given, without public addresses."
  }
}

run "a_contact_that_mirrors_cannot_read" {
  command = plan

  variables {
    contact = "me at example.org"
  }

  expect_failures = [var.contact]
}

run "a_name_that_names_refuse" {
  command = plan

  variables {
    name = "Wiki_Fleet"
  }

  expect_failures = [var.name]
}

run "a_kind_that_is_none" {
  command = plan

  variables {
    seed_schedule = { wikis = ["simplewiki"], kind = "article" }
  }

  expect_failures = [var.seed_schedule]
}

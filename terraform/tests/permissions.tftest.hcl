mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  contact        = "me@example.org"
  image          = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  create_kms_key = true
  seed_schedule  = { wikis = ["simplewiki", "dewikivoyage"] }
}

run "every_statement" {
  command = plan

  # Every statement of every role, with its place.
  assert {
    condition = length(flatten([for program, task in { seed = module.seed_task[0], downloader = module.downloader_task[0], converter = module.converter_task[0] } :
      [for name, policy in task.planned.policies : policy.Statement]
    ])) >= 30
    error_message = "Expected the statements of three programs."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for policy in values(task.policies) : [for statement in policy.Statement : [for action in flatten([statement.Action]) : can(regex("^[a-z0-9]+:[A-Za-z]+$", action))]]]
    ]))
    error_message = "Expected that each action is named: no * in an action."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for policy in values(task.policies) : [for statement in policy.Statement : statement.Effect == "Allow" && !contains(keys(statement), "NotAction") && !contains(keys(statement), "NotResource")]]
    ]))
    error_message = "Expected statements that allow what they name."
  }

  # Two have no resource: PutMetricData is held by its condition, GetAuthorizationToken gives a login only.
  assert {
    condition = toset(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for policy in values(task.policies) : [for statement in policy.Statement : flatten([statement.Action]) if contains(flatten([statement.Resource]), "*")]]
    ])) == toset(["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"])
    error_message = "Expected that each resource is named, but for two actions that have none."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for policy in values(task.policies) : [for statement in policy.Statement : try(statement.Condition, null) == { StringEquals = { "cloudwatch:namespace" = "Wikifleet" } } if contains(flatten([statement.Action]), "cloudwatch:PutMetricData")]]
    ]))
    error_message = "Expected metrics in the fleet's namespace only."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
      [for policy in values(task.policies) : [for statement in policy.Statement : [for resource in flatten([statement.Resource]) :
        resource == "*" || can(regex(join("|", [
          "^arn:aws:s3:::wikifleet-123456789012-us-east-1(/(raw|runs|rows|quarantine|runs/\\*/raw)/\\*)?$",
          "^arn:aws:sqs:us-east-1:123456789012:wikifleet-(download|convert)(-dead-letter)?$",
          "^arn:aws:ecs:us-east-1:123456789012:task/wikifleet/\\*$",
          "^arn:aws:kms:us-east-1:123456789012:key/[0-9a-f-]+$",
          "^arn:aws:logs:us-east-1:123456789012:log-group:/wikifleet/(seed|downloader|converter):\\*$",
          "^arn:aws:ecr:us-east-1:123456789012:repository/wikifleet$",
        ]), resource))
      ]]]
    ]))
    error_message = "Expected the fleet's own bucket, queues, tasks, key, logs and repository as resources."
  }
}

run "what_nobody_may" {
  command = plan

  assert {
    condition = length(setintersection(
      toset(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] :
        [for policy in values(task.policies) : [for statement in policy.Statement : flatten([statement.Action])]]
      ])),
      toset(["ecs:UpdateService", "application-autoscaling:RegisterScalableTarget", "cloudwatch:PutMetricAlarm", "s3:DeleteBucket", "s3:PutBucketPolicy", "sqs:PurgeQueue", "sqs:SetQueueAttributes", "iam:PassRole"]),
    )) == 0
    error_message = "Programs parse hostile XML: they may not scale, pass roles, or change what was made."
  }

  assert {
    condition     = keys(module.downloader_task[0].planned.policies) == ["downloader", "execution", "kms"]
    error_message = "Expected the downloader's own policy, and no other program's."
  }

  assert {
    condition     = keys(module.seed_task[0].planned.policies) == ["execution", "kms", "seed"] && keys(module.converter_task[0].planned.policies) == ["converter", "execution", "kms"]
    error_message = "Expected each program's own policy, and no other's."
  }

  assert {
    condition = alltrue(flatten([for task in [module.seed_task[0].planned, module.downloader_task[0].planned, module.converter_task[0].planned] : [for role in values(task.roles) :
      jsondecode(role.assume_role_policy).Statement == [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:us-east-1:123456789012:*" }
        }
      }]
    ]]))
    error_message = "Expected roles that only ECS of this account takes."
  }
}

run "the_schedules_role" {
  command = plan

  assert {
    condition = { for statement in module.seed_schedule[0].planned.policy.Statement : statement.Action => jsonencode([statement.Resource, try(statement.Condition, null)]) } == {
      "ecs:RunTask" = jsonencode([
        ["arn:aws:ecs:us-east-1:123456789012:task-definition/wikifleet-seed", "arn:aws:ecs:us-east-1:123456789012:task-definition/wikifleet-seed:*"],
        { ArnEquals = { "ecs:cluster" = "arn:aws:ecs:us-east-1:123456789012:cluster/wikifleet" } },
      ])
      "iam:PassRole" = jsonencode([
        ["arn:aws:iam::123456789012:role/some-role", "arn:aws:iam::123456789012:role/some-role"],
        { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } },
      ])
      "ecs:TagResource" = jsonencode([
        "arn:aws:ecs:us-east-1:123456789012:task/wikifleet/*",
        { StringEquals = { "ecs:CreateAction" = "RunTask" } },
      ])
      "sqs:SendMessage" = jsonencode([module.seed_schedule[0].planned.queue.arn, null])
    }
    error_message = "Expected that it may start the seed here, with the seed's roles and tags, report what did not start, and nothing else."
  }
}

run "another_registry" {
  command = plan

  variables {
    image = "ghcr.io/someone/wikifleet@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  }

  assert {
    condition     = [for statement in module.converter_task[0].planned.policies.execution.Statement : statement.Sid] == ["WriteLogs"]
    error_message = "Expected no permission in ECR where the image is not there."
  }
}

run "raw_objects_that_go_when_their_rows_are_whole" {
  command = plan

  variables {
    raw_objects = "delete"
  }

  assert {
    condition     = [for statement in module.converter_task[0].planned.policies.delete-raw.Statement : "${statement.Action} ${statement.Resource}"] == ["s3:DeleteObject arn:aws:s3:::wikifleet-123456789012-us-east-1/raw/*"]
    error_message = "Expected that the converter may delete raw objects."
  }

  assert {
    condition     = keys(module.downloader_task[0].planned.policies) == ["downloader", "execution", "kms"]
    error_message = "Expected that nobody else may."
  }
}

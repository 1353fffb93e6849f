output "environment" {
  description = "Environment of seed and of the fleet's command line on your own machine."
  value       = local.operator_environment
}

output "shell" {
  description = "The same to evaluate in a shell: eval \"$(terraform output -raw shell)\"."
  value       = join("", [for name, value in local.operator_environment : "export ${name}='${replace(value, "'", "'\\''")}'\n"])
}

output "repository_url" {
  description = "Where the image is pushed to; null where no repository was made."
  value       = one(module.registry[*].url)
}

output "cluster" {
  description = "The name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "services" {
  description = "Names of the services, what Application Auto Scaling calls them, most tasks, and the alarms that scale them."
  value = {
    for program, service in { downloader = one(module.downloader[*]), converter = one(module.converter[*]) } : program => {
      name                               = service.name
      resource_id                        = service.resource_id
      maximum                            = service.maximum
      alarms                             = service.scaling_alarms
    } if service != null
  }
}

output "run_task" {
  description = "What ecs run-task needs for a program: `fleet doctor` and a seed on AWS start one."
  value = {
    for program, task in { seed = one(module.seed_task[*]), downloader = one(module.downloader_task[*]), converter = one(module.converter_task[*]) } : program => {
      task_definition           = task.family
      subnets                   = module.network.subnet_ids
      security_groups           = [task.security_group_id]
      assign_public_ip          = module.network.assign_public_ip ? "ENABLED" : "DISABLED"
      log_group                 = task.log_group
    } if task != null
  }
}

output "scaling_steps" {
  description = "From how many messages on (inclusive) which exact number of converters."
  value       = module.converter_steps.steps
}

output "query" {
  description = "The table as a query names it, the Athena workgroup, and the IAM policy of those who query; null where no table was made."
  value       = one([for query in module.query : { table = query.table, workgroup = query.workgroup, policy = query.policy }])
}

output "policies" {
  description = "What each program may do."
  value       = { for program, documents in local.policies : program => { for name, document in documents : name => jsondecode(document) } }
}

output "operator_policy" {
  description = "The IAM policy for whoever runs `fleet` and `seed`: attach it to a user or a role."
  value       = aws_iam_policy.operator.arn
}

output "dashboard" {
  description = "The dashboard's name in CloudWatch; null before there is an image."
  value       = one(module.observability[*].dashboard)
}

output "alarms" {
  description = "The names of the alarms that notify somebody."
  value       = concat(flatten(module.observability[*].alarms), module.seed_schedule[*].alarm)
}

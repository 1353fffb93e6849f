output "task_definition_arn" {
  description = "The task definition with its revision."
  value       = aws_ecs_task_definition.this.arn
}

output "family" {
  description = "The task definition's family."
  value       = aws_ecs_task_definition.this.family
}

output "security_group_id" {
  description = "The security group of its tasks."
  value       = aws_security_group.this.id
}

output "log_group" {
  description = "Where its logs are."
  value       = aws_cloudwatch_log_group.this.name
}

output "task_role_arn" {
  description = "The role that the program has."
  value       = aws_iam_role.task.arn
}

output "execution_role_arn" {
  description = "The role that starts it."
  value       = aws_iam_role.execution.arn
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    definition = aws_ecs_task_definition.this
    container  = jsondecode(aws_ecs_task_definition.this.container_definitions)[0]
    log_group  = aws_cloudwatch_log_group.this
    egress     = { for rule in aws_vpc_security_group_egress_rule.this : "${rule.from_port}-${rule.to_port}" => rule }
    roles      = { task = aws_iam_role.task, execution = aws_iam_role.execution }
    policies = merge(
      { for name, policy in aws_iam_role_policy.task : name => jsondecode(policy.policy) },
      { execution = jsondecode(aws_iam_role_policy.execution.policy) },
    )
  }
}

output "name" {
  description = "The schedule's name."
  value       = aws_scheduler_schedule.this.name
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    schedule = aws_scheduler_schedule.this
    policy   = jsondecode(aws_iam_role_policy.this.policy)
    trust    = jsondecode(aws_iam_role.this.assume_role_policy)
  }
}

output "name" {
  description = "The schedule's name."
  value       = aws_scheduler_schedule.this.name
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    schedule = aws_scheduler_schedule.this
    alarm    = aws_cloudwatch_metric_alarm.dead_letters
    queue    = aws_sqs_queue.dead_letter
    policy   = jsondecode(aws_iam_role_policy.this.policy)
    trust    = jsondecode(aws_iam_role.this.assume_role_policy)
  }
}

output "alarm" {
  description = "The alarm for seeds that could not be started."
  value       = aws_cloudwatch_metric_alarm.dead_letters.alarm_name
}

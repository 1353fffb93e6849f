output "name" {
  description = "The service's name."
  value       = aws_ecs_service.this.name
}

output "resource_id" {
  description = "What Application Auto Scaling calls it."
  value       = aws_appautoscaling_target.this.resource_id
}

output "maximum" {
  description = "Tasks at most."
  value       = local.maximum
}

output "scaling_alarms" {
  description = "The names of the alarms that scale it."
  value       = { out = aws_cloudwatch_metric_alarm.out.alarm_name, in = aws_cloudwatch_metric_alarm.in.alarm_name }
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    service  = aws_ecs_service.this
    target   = aws_appautoscaling_target.this
    policies = { out = aws_appautoscaling_policy.out, in = aws_appautoscaling_policy.in }
    alarms   = { out = aws_cloudwatch_metric_alarm.out, in = aws_cloudwatch_metric_alarm.in }
  }
}

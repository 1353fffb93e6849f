output "dashboard" {
  description = "The dashboard's name."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "alarms" {
  description = "The names of the alarms that notify somebody."
  value = concat(
    [for alarm in aws_cloudwatch_metric_alarm.dead_letters : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.stalled : alarm.alarm_name],
    [aws_cloudwatch_metric_alarm.downloaders_missing.alarm_name],
  )
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    dashboard           = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body)
    dead_letters        = aws_cloudwatch_metric_alarm.dead_letters
    stalled             = aws_cloudwatch_metric_alarm.stalled
    downloaders_missing = aws_cloudwatch_metric_alarm.downloaders_missing
    queries             = aws_cloudwatch_query_definition.this
  }
}

output "topic_arn" {
  description = "The topic that alarms notify."
  value       = aws_sns_topic.this.arn
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    topic  = aws_sns_topic.this
    policy = jsondecode(aws_sns_topic_policy.this.policy)
    budget = one(aws_budgets_budget.this[*])
    emails = keys(aws_sns_topic_subscription.email)
  }
}

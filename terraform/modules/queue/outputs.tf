output "name" {
  description = "The queue's name: the dimension of its metrics."
  value       = aws_sqs_queue.this.name
}

output "url" {
  description = "Where jobs are sent to and received from."
  value       = aws_sqs_queue.this.id
}

output "arn" {
  description = "The queue's ARN."
  value       = aws_sqs_queue.this.arn
}

output "dead_letter_name" {
  description = "The dead-letter queue's name."
  value       = aws_sqs_queue.dead_letter.name
}

output "dead_letter_url" {
  description = "Where jobs go that failed for good."
  value       = aws_sqs_queue.dead_letter.id
}

output "dead_letter_arn" {
  description = "The dead-letter queue's ARN."
  value       = aws_sqs_queue.dead_letter.arn
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    queue         = aws_sqs_queue.this
    dead_letter   = aws_sqs_queue.dead_letter
    policies      = { for name, policy in aws_sqs_queue_policy.this : name => jsondecode(policy.policy) }
    redrive       = jsondecode(aws_sqs_queue_redrive_policy.this.redrive_policy)
    redrive_allow = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy)
  }
}

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name = "wikifleet-download"
}

run "a_queue_with_its_dead_letters" {
  command = plan

  module {
    source = "./modules/queue"
  }

  override_resource {
    override_during = plan
    target          = aws_sqs_queue.this
    values          = { arn = "arn:aws:sqs:us-east-1:123456789012:the-queue", id = "https://sqs/the-queue" }
  }

  override_resource {
    override_during = plan
    target          = aws_sqs_queue.dead_letter
    values          = { arn = "arn:aws:sqs:us-east-1:123456789012:the-dead-letters", id = "https://sqs/the-dead-letters" }
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 120 && aws_sqs_queue.dead_letter.visibility_timeout_seconds == 120
    error_message = "Visibility: expected the lease's 120 seconds."
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 10 * 86400
    error_message = "Retention: expected 10 days."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 14 * 86400
    error_message = "Retention of dead letters: expected 14 days."
  }

  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled == true && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled == true
    error_message = "Expected SSE on both queues."
  }

  assert {
    condition     = output.planned.redrive == { deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:the-dead-letters", maxReceiveCount = 20 }
    error_message = "Redrive policy: expected 20 deliveries, then its own dead-letter queue; received ${jsonencode(output.planned.redrive)}."
  }

  assert {
    condition     = aws_sqs_queue_redrive_policy.this.queue_url == "https://sqs/the-queue" && aws_sqs_queue_redrive_allow_policy.dead_letter.queue_url == "https://sqs/the-dead-letters"
    error_message = "Redrive: each policy belongs to the other queue."
  }

  assert {
    condition     = output.planned.redrive_allow == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:us-east-1:123456789012:the-queue"] }
    error_message = "Redrive allow policy: expected byQueue with its own queue; received ${jsonencode(output.planned.redrive_allow)}."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "wikifleet-download-dead-letter"
    error_message = "The dead-letter queue's name is not what programs are told."
  }
}

run "a_key_of_ones_own" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1"
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn
    error_message = "Expected both queues under the key."
  }
}

run "a_visibility_shorter_than_the_lease" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    visibility_timeout_seconds = 119
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "messages_that_outlive_their_dead_letters" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    retention_days = 14
  }

  expect_failures = [var.retention_days]
}

run "fewer_deliveries_than_workers_count_on" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    max_receive_count = 3
  }

  expect_failures = [var.max_receive_count]
}

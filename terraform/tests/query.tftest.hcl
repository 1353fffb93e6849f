mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  contact = "me@example.org"
}

run "none_that_was_not_asked_for" {
  command = plan

  assert {
    condition     = length(module.query) == 0 && output.query == null
    error_message = "Expected no table, no workgroup."
  }
}

run "a_table_and_a_workgroup" {
  command = plan

  variables {
    create_table = true
  }

  assert {
    condition     = output.query == { table = "wikifleet.rows", workgroup = "wikifleet", policy = "wikifleet-query" }
    error_message = "Expected names to query by; received ${jsonencode(output.query)}."
  }

  assert {
    condition = (
      [for column in module.query[0].planned.table.storage_descriptor[0].columns : "${column.name} ${column.type}"]
      == [for column in jsondecode(file("modules/query/table.json")).columns : "${column.name} ${column.type}"]
      && length(setintersection(
        [for column in module.query[0].planned.table.storage_descriptor[0].columns : column.name],
        [for key in module.query[0].planned.table.partition_keys : key.name],
      )) == 0
    )
    error_message = "Columns: expected those of table.json, and none that is a partition too."
  }

  assert {
    condition = (
      [for key in module.query[0].planned.table.partition_keys : "${key.name} ${key.type}"] == ["kind string", "wiki_id string", "snapshot string"]
      && module.query[0].planned.table.parameters["projection.enabled"] == "true"
      && module.query[0].planned.table.parameters["projection.kind.type"] == "enum"
      && module.query[0].planned.table.parameters["projection.wiki_id.type"] == "injected"
      && module.query[0].planned.table.parameters["projection.snapshot.type"] == "injected"
      && module.query[0].planned.table.parameters["storage.location.template"] == "s3://wikifleet-123456789012-us-east-1/rows/kind=$${kind}/wiki_id=$${wiki_id}/snapshot=$${snapshot}/"
      && module.query[0].planned.table.storage_descriptor[0].location == "s3://wikifleet-123456789012-us-east-1/rows/"
    )
    error_message = "Partitions: expected kind, wiki_id and snapshot, projected over the keys of the rows."
  }

  assert {
    condition = (
      module.query[0].planned.table.table_type == "EXTERNAL_TABLE"
      && module.query[0].planned.table.storage_descriptor[0].ser_de_info[0].serialization_library == "org.openx.data.jsonserde.JsonSerDe"
      && module.query[0].planned.table.storage_descriptor[0].input_format == "org.apache.hadoop.mapred.TextInputFormat"
    )
    error_message = "Expected a table of JSON Lines that others write."
  }

  assert {
    condition = alltrue([for configuration in module.query[0].planned.workgroup.configuration :
      configuration.enforce_workgroup_configuration && configuration.bytes_scanned_cutoff_per_query == 200000000000
    ]) && length(module.query[0].planned.workgroup.configuration) == 1
    error_message = "Workgroup: expected that its own bounds hold, whatever a client asks for."
  }

  assert {
    condition = (
      module.query[0].planned.workgroup.configuration[0].result_configuration[0].output_location == "s3://wikifleet-123456789012-us-east-1/athena/"
      && module.query[0].planned.workgroup.configuration[0].result_configuration[0].expected_bucket_owner == "123456789012"
      && module.query[0].planned.workgroup.configuration[0].result_configuration[0].encryption_configuration[0].encryption_option == "SSE_S3"
    )
    error_message = "Results: expected them encrypted, in a bucket of this account."
  }

  assert {
    condition = { for rule in module.storage.planned.lifecycle.rule : rule.filter[0].prefix => rule.expiration[0].days
    if rule.status == "Enabled" && length(rule.expiration) > 0 } == { "raw/" = 30, "athena/" = 7 }
    error_message = "Expected that results of queries go after a week."
  }

  assert {
    condition = { for statement in module.query[0].planned.policy.Statement : statement.Sid => statement.Resource } == {
      QueryInTheWorkgroup = ["arn:aws:athena:us-east-1:123456789012:workgroup/wikifleet"]
      ReadTheTable = [
        "arn:aws:glue:us-east-1:123456789012:catalog",
        "arn:aws:glue:us-east-1:123456789012:database/wikifleet",
        "arn:aws:glue:us-east-1:123456789012:table/wikifleet/rows",
      ]
      FindTheBucket       = ["arn:aws:s3:::wikifleet-123456789012-us-east-1"]
      ListRowsAndResults  = ["arn:aws:s3:::wikifleet-123456789012-us-east-1"]
      ReadRows            = ["arn:aws:s3:::wikifleet-123456789012-us-east-1/rows/*"]
      WriteAndReadResults = ["arn:aws:s3:::wikifleet-123456789012-us-east-1/athena/*"]
    }
    error_message = "Expected that who queries reads rows and results alone."
  }

  assert {
    condition = length([for action in flatten([for statement in module.query[0].planned.policy.Statement : statement.Action]) : action
    if strcontains(action, "*") || startswith(action, "s3:Delete")]) == 0
    error_message = "Expected that each action is named, and that nothing is deleted."
  }

  assert {
    condition     = [for statement in module.query[0].planned.policy.Statement : statement.Sid if contains(statement.Action, "s3:PutObject")] == ["WriteAndReadResults"]
    error_message = "Expected that results are written, and no rows."
  }
}

run "under_a_key_of_ones_own" {
  command = plan

  variables {
    name           = "my-fleet"
    create_table   = true
    create_kms_key = true
  }

  assert {
    condition     = output.query.table == "my_fleet.rows"
    error_message = "Expected a database that needs no quotes."
  }

  assert {
    condition = [for encryption in module.query[0].planned.workgroup.configuration[0].result_configuration[0].encryption_configuration :
    "${encryption.encryption_option} ${encryption.kms_key_arn}"] == ["SSE_KMS arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"]
    error_message = "Expected results under the key."
  }

  assert {
    condition = [for statement in module.query[0].planned.policy.Statement : "${join(" ", statement.Action)} ${join(" ", statement.Resource)}"
    if statement.Sid == "UseTheKey"] == ["kms:Decrypt kms:GenerateDataKey arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"]
    error_message = "Expected the key for what is read and written, and nothing else of it."
  }
}

run "a_cutoff_that_athena_refuses" {
  command = plan

  variables {
    create_table       = true
    query_bytes_cutoff = 1000
  }

  expect_failures = [var.query_bytes_cutoff]
}

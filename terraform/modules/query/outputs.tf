output "table" {
  description = "The table as a query names it."
  value       = "${aws_glue_catalog_database.this.name}.${aws_glue_catalog_table.rows.name}"
}

output "workgroup" {
  description = "The Athena workgroup."
  value       = aws_athena_workgroup.this.name
}

output "policy" {
  description = "The name of the IAM policy of those who query."
  value       = aws_iam_policy.reader.name
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    table     = aws_glue_catalog_table.rows
    workgroup = aws_athena_workgroup.this
    policy    = jsondecode(aws_iam_policy.reader.policy)
  }
}

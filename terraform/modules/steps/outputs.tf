output "steps" {
  description = "From how many messages on (inclusive) which exact number of tasks; ascending."
  value       = local.steps
}

# Every rule of the table through the module, for tests/scaling.tftest.hcl.
terraform {
  required_version = ">= 1.11"
}

locals {
  table = jsondecode(file("${path.module}/../converter-steps.json"))
}

module "steps" {
  source            = "../../modules/steps"
  count             = length(local.table)
  maximum           = local.table[count.index].maximum
  seconds_per_split = local.table[count.index].secondsPerSplit
  drain_seconds     = local.table[count.index].drainSeconds
}

output "rules" {
  description = "What the table says, and what the module makes of it: pairs of from and capacity."
  value = [for i, rule in local.table : {
    rule     = "maximum ${rule.maximum}, ${rule.secondsPerSplit} s a split, drained in ${rule.drainSeconds} s"
    expected = jsonencode(rule.steps)
    received = jsonencode([for step in module.steps[i].steps : [step.from, step.capacity]])
  }]
}

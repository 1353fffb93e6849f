# The steps of the converters' scaling policy: at most 20 (Application Auto Scaling takes no more), quadratic in their
# number, so that small backlogs are met closely. converterSteps in packages/scaling is the same formula;
# tests/converter-steps.json holds the two together.
locals {
  # of whole numbers until the division, which is exact where its result is whole: ceil would make a task of a rounding
  all        = [for i in range(1, 21) : ceil(var.maximum * i * i / 400)]
  capacities = [for i, capacity in local.all : capacity if i == 0 ? true : capacity != local.all[i - 1]]
  # the largest backlog that a capacity works off in time
  reach = [for capacity in local.capacities : floor(capacity * var.drain_seconds / var.seconds_per_split)]
  from  = [for i, capacity in local.capacities : i == 0 ? 1 : local.reach[i - 1] + 1]
  last  = length(local.capacities) - 1

  # A capacity that serves no whole backlog of its own is left out; the last serves all above.
  steps = [
    for i, capacity in local.capacities : { from = local.from[i], capacity = capacity }
    if i == local.last || local.reach[i] >= local.from[i]
  ]
}

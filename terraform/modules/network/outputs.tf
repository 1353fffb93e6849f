output "vpc_id" {
  description = "The network that tasks run in."
  value       = local.vpc_id
}

output "subnet_ids" {
  description = "Subnets that tasks run in."
  value       = local.subnet_ids
}

output "assign_public_ip" {
  description = "Whether a task needs a public address to reach anything."
  value       = local.make ? true : var.own.assign_public_ip
}

output "addresses" {
  description = "Tasks that the subnets hold."
  value       = local.addresses
}

output "planned" {
  description = "The resources themselves, for tests of the plan."
  value = {
    tasks            = var.tasks
    vpc              = one(aws_vpc.this[*])
    subnets          = aws_subnet.public
    default_group    = one(aws_default_security_group.this[*])
    internet         = one(aws_route.internet[*])
    endpoint         = one(aws_vpc_endpoint.s3[*])
    internet_gateway = one(aws_internet_gateway.this[*])
  }
}

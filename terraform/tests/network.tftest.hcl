mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name  = "wikifleet"
  tasks = 23
}

run "a_network_without_ingress_or_nat" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition = { for zone_id, subnet in aws_subnet.public : zone_id => "${subnet.availability_zone} ${subnet.cidr_block}" } == {
      use1-az1 = "us-east-1b 10.87.0.0/19"
      use1-az2 = "us-east-1d 10.87.32.0/19"
      use1-az6 = "us-east-1a 10.87.160.0/19"
    }
    error_message = "Expected a subnet in each zone but the excluded one, with addresses by the zone's number."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "Only tasks have public addresses."
  }

  assert {
    condition     = output.addresses == 3 * (8192 - 5) && output.assign_public_ip
    error_message = "Expected ${3 * (8192 - 5)} addresses, received ${output.addresses}."
  }

  assert {
    condition     = aws_route.internet[0].destination_cidr_block == "0.0.0.0/0" && aws_route.internet[0].gateway_id == aws_internet_gateway.this[0].id
    error_message = "Expected the internet by way of the internet gateway: there is no NAT."
  }

  assert {
    condition     = length(aws_default_security_group.this[0].ingress) == 0 && length(aws_default_security_group.this[0].egress) == 0
    error_message = "Expected a default security group without rules."
  }

  assert {
    condition     = aws_vpc_endpoint.s3[0].vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3[0].service_name == "com.amazonaws.us-east-1.s3" && length(aws_vpc_endpoint.s3[0].route_table_ids) == 1
    error_message = "Expected S3's gateway endpoint in the route table."
  }
}

run "more_tasks_than_addresses" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    cidr  = "10.87.0.0/24"
    tasks = 82
  }

  # three zones with 32 - 5 addresses each
  expect_failures = [var.tasks]
}

run "as_many_tasks_as_addresses" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    cidr  = "10.87.0.0/24"
    tasks = 81
  }
}

run "an_own_network" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    own = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"], assign_public_ip = false, route_table_ids = ["rtb-1"] }
  }

  assert {
    condition     = length(aws_vpc.this) == 0 && length(aws_subnet.public) == 0 && length(aws_internet_gateway.this) == 0
    error_message = "Expected that nothing is made where a network is given."
  }

  assert {
    condition     = output.subnet_ids == tolist(["subnet-1", "subnet-2"]) && output.vpc_id == "vpc-1" && !output.assign_public_ip && output.addresses == 54
    error_message = "Expected the network that was given."
  }

  assert {
    condition     = aws_vpc_endpoint.s3[0].route_table_ids == toset(["rtb-1"])
    error_message = "Expected S3's gateway endpoint in the route tables that were given."
  }
}

run "an_own_network_that_is_too_small" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    own   = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
    tasks = 55
  }

  expect_failures = [var.tasks]
}

run "an_own_subnet_in_an_excluded_zone" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    own               = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2"] }
    excluded_zone_ids = ["use1-az1"]
  }

  expect_failures = [var.excluded_zone_ids]
}

run "zones_by_name" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    excluded_zone_ids = ["us-east-1a"]
  }

  expect_failures = [var.excluded_zone_ids]
}

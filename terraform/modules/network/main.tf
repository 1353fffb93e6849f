data "aws_region" "current" {}

data "aws_availability_zones" "here" {
  #checkov:skip=CKV_AWS_394:a new zone is one more subnet and moves no other; one without ARM64 is left out by its id
  state = "available"

  filter {
    # no local zones: Fargate is not there
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_subnet" "own" {
  for_each = toset(var.own == null ? [] : var.own.subnet_ids)
  id       = each.value
}

locals {
  make = var.own == null
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html: where a region is named here,
  # Fargate is in these zones only.
  fargate_zone_ids = {
    ap-northeast-1 = ["apne1-az1", "apne1-az2", "apne1-az4"]
    ca-central-1   = ["cac1-az1", "cac1-az2"]
    us-west-1      = ["usw1-az1", "usw1-az3"]
  }
  without_arm64   = ["use1-az3"]
  region_zone_ids = try(local.fargate_zone_ids[data.aws_region.current.region], data.aws_availability_zones.here.zone_ids)
  usable_zone_ids = setsubtract(local.region_zone_ids, local.without_arm64)
  # Names by id. By id, as names mean another zone in every account, and not by the data source's exclude_zone_ids, so
  # that a test sees it.
  zones = { for i, zone_id in data.aws_availability_zones.here.zone_ids : zone_id => data.aws_availability_zones.here.names[i]
  if contains(local.usable_zone_ids, zone_id) && !contains(var.excluded_zone_ids, zone_id) }
  # An eighth of the network for each zone, by the number in its id: one more zone or one less moves no other.
  subnets = { for zone_id in keys(local.zones) : zone_id => cidrsubnet(var.cidr, 3, tonumber(regex("[0-9]+$", zone_id)) - 1) }

  own_zone_ids = [for subnet in data.aws_subnet.own : subnet.availability_zone_id]
  blocks       = local.make ? values(local.subnets) : [for subnet in data.aws_subnet.own : subnet.cidr_block]
  prefixes     = [for block in local.blocks : tonumber(split("/", block)[1])]
  # AWS keeps five addresses of each subnet; ECS spreads tasks evenly over the zones
  addresses = length(local.prefixes) == 0 ? 0 : length(local.prefixes) * (pow(2, 32 - max(local.prefixes...)) - 5)

  vpc_id          = local.make ? one(aws_vpc.this[*].id) : var.own.vpc_id
  subnet_ids      = local.make ? [for zone_id in sort(keys(local.zones)) : aws_subnet.public[zone_id].id] : var.own.subnet_ids
  route_table_ids = local.make ? aws_route_table.public[*].id : var.own.route_table_ids
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:flow logs of a fleet that moves terabytes cost more than the fleet; nothing can connect in
  count                = local.make ? 1 : 0
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# Without rules: what lands in it by mistake reaches nothing.
resource "aws_default_security_group" "this" {
  count   = local.make ? 1 : 0
  vpc_id  = aws_vpc.this[0].id
  ingress = []
  egress  = []
}

resource "aws_internet_gateway" "this" {
  count  = local.make ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

# Public, without ingress: a NAT gateway would cost more a month than the idle fleet, and a price a gigabyte.
resource "aws_subnet" "public" {
  for_each          = local.make ? local.zones : {}
  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.value
  cidr_block        = local.subnets[each.key]
  # ECS gives a task its public address; whatever else is started here has none
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-${each.value}" }
}

resource "aws_route_table" "public" {
  count  = local.make ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_route" "internet" {
  count                  = local.make ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

# Free, and keeps what goes to S3 inside AWS. Its policy is the default: the image's layers come from a bucket of ECR's.
resource "aws_vpc_endpoint" "s3" {
  count             = local.make || length(local.route_table_ids) > 0 ? 1 : 0
  vpc_id            = local.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = local.route_table_ids
  tags              = { Name = "${var.name}-s3" }
}

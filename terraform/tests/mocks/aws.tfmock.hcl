# An account in which nothing is: what the provider would read, and what AWS would make up.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { region = "us-east-1" }
}

mock_data "aws_availability_zones" {
  defaults = {
    names    = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
    zone_ids = ["use1-az6", "use1-az1", "use1-az3", "use1-az2"]
  }
}

mock_data "aws_subnet" {
  defaults = { cidr_block = "10.0.0.0/27", availability_zone_id = "use1-az1" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:some-queue" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/wikifleet" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/some-task:1" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::wikifleet-123456789012-us-east-1" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-1:123456789012:wikifleet-alerts" }
}

mock_resource "aws_appautoscaling_policy" {
  defaults = { arn = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:some-policy" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/some-role" }
}

mock_resource "aws_vpc" {
  defaults = { id = "vpc-0123" }
}

mock_resource "aws_internet_gateway" {
  defaults = { id = "igw-0123" }
}

mock_resource "aws_route_table" {
  defaults = { id = "rtb-0123" }
}

mock_resource "aws_subnet" {
  defaults = { id = "subnet-0123" }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-0123" }
}

mock_resource "aws_ecs_service" {
  defaults = { launch_type = "" }
}

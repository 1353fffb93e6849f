"""A fleet as terraform makes it on moto's server, and its state as boto3 reads it back.

usage: python moto-fleet.py ENDPOINT make | read        (JSON on standard output)
"""
import datetime
import json
import sys

import boto3

PLACE = {
    "endpoint_url": sys.argv[1],
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
DIMENSION = "ecs:service:DesiredCount"
SERVICES = {
    # cpu, memory, tasks at most, seconds a minute that they report
    "downloader": ("1024", "2048", 2, 60),
    "converter": ("4096", "8192", 20, 240),
}
ecs = boto3.client("ecs", **PLACE)
scaling = boto3.client("application-autoscaling", **PLACE)
cloudwatch = boto3.client("cloudwatch", **PLACE)


def make():
    subnet = boto3.client("ec2", **PLACE).describe_subnets()["Subnets"][0]["SubnetId"]
    ecs.create_cluster(clusterName="wikifleet")
    for role, (cpu, memory, most, seconds) in SERVICES.items():
        name = f"wikifleet-{role}"
        make_service(name, role, cpu, memory, subnet)
        target = {"ServiceNamespace": "ecs", "ResourceId": f"service/wikifleet/{name}", "ScalableDimension": DIMENSION}
        scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=most)
        make_alarm(name, target)
        publish("Wikifleet", "TaskSeconds", "service", role, seconds)
    queues = boto3.client("sqs", **PLACE)
    for queue in ("download", "convert"):
        for suffix in ("", "-dead-letter"):
            queues.create_queue(QueueName=f"wikifleet-{queue}{suffix}")
    url = queues.get_queue_url(QueueName="wikifleet-convert")["QueueUrl"]
    for body in ("one", "two", "three"):
        queues.send_message(QueueUrl=url, MessageBody=body)
    publish("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "wikifleet-convert", 41)
    boto3.client("s3", **PLACE).create_bucket(Bucket="wikifleet")
    return {"account": url.split("/")[-2]}


def make_service(name, role, cpu, memory, subnet):
    container = {
        "name": role,
        "image": "registry.example/wikifleet@sha256:" + "0" * 64,
        "command": [f"apps/{role}/dist/main.js"],
        # moto sums up the containers' own
        "cpu": int(cpu),
        "memory": int(memory),
    }
    ecs.register_task_definition(
        family=name,
        cpu=cpu,
        memory=memory,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        runtimePlatform={"cpuArchitecture": "ARM64"},
        containerDefinitions=[container],
    )
    ecs.create_service(
        cluster="wikifleet",
        serviceName=name,
        taskDefinition=name,
        desiredCount=2,
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [], "assignPublicIp": "ENABLED"}
        },
    )


def make_alarm(name, target):
    steps = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    policy = {"AdjustmentType": "ExactCapacity", "StepAdjustments": steps, "MetricAggregationType": "Maximum"}
    arn = scaling.put_scaling_policy(
        **target, PolicyName=f"{name}-out", PolicyType="StepScaling", StepScalingPolicyConfiguration=policy
    )["PolicyARN"]
    cloudwatch.put_metric_alarm(
        AlarmName=f"{name}-out",
        Namespace="Wikifleet",
        MetricName="Outstanding",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        Period=60,
        EvaluationPeriods=1,
        Statistic="Maximum",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
        AlarmActions=[arn],
    )


def publish(namespace, metric, dimension, value, figure):
    """The same figure in each of the last ten minutes."""
    now = datetime.datetime.now(datetime.timezone.utc)
    dimensions = [{"Name": dimension, "Value": value}]
    for minutes in range(1, 11):
        at = now - datetime.timedelta(minutes=minutes)
        datum = {"MetricName": metric, "Dimensions": dimensions, "Timestamp": at, "Value": figure}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])


def read():
    names = [f"wikifleet-{role}" for role in SERVICES]
    services = ecs.describe_services(cluster="wikifleet", services=names)["services"]
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    actions = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    arns = ecs.list_tasks(cluster="wikifleet")["taskArns"]
    arns += ecs.list_tasks(cluster="wikifleet", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster="wikifleet", tasks=arns)["tasks"] if arns else []
    return {
        "desired": {s["serviceName"]: s["desiredCount"] for s in services},
        "strategies": {s["serviceName"]: s.get("capacityProviderStrategy", []) for s in services},
        "targets": {
            t["ResourceId"]: [t["MinCapacity"], t["MaxCapacity"], t.get("SuspendedState", {})] for t in targets
        },
        "actions": [
            [a["ScheduledActionName"], a["ResourceId"], a["Schedule"], a["ScalableTargetAction"]] for a in actions
        ],
        "tasks": [
            [t["lastStatus"], t["startedBy"], t["overrides"]["containerOverrides"][0]["command"]] for t in tasks
        ],
    }


json.dump({"make": make, "read": read}[sys.argv[2]](), sys.stdout, default=str)

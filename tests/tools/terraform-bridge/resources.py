"""What Terraform's AWS provider calls to create, update and destroy each resource type of terraform/.

`values` are a resource's attributes as the plan has them: a nested block is a list, an absent attribute is None.
A function that creates returns the attributes that AWS decides, by name. A new resource type needs an entry in RESOURCES.
"""
import json
import re

from aws_calls import ACCOUNT, REGION

# EC2 refuses other characters in descriptions; no model says so.
EC2_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
ALARM_MAX_SECONDS = 86400


class Resource:
    """`put` stands for create and update where AWS has one call for both."""

    def __init__(self, *, put=None, create=None, update=None, destroy):
        self.create = create or put
        self.destroy = destroy
        self.update = update or (replaced if put is None else lambda aws, _prior, values: put(aws, values))


def replaced(_aws, prior, values):
    names = sorted(name for name in values if values[name] != prior[name])
    raise ValueError(
        f"the provider replaces it where {', '.join(names)} change, and this stand-in cannot plan that: "
        "expected terraform apply -replace=ADDRESS"
    )


def tags_only(_aws, prior, values):
    """A type of which only tags are updated in place."""
    if any(values[name] != prior[name] for name in values if not name.startswith("tags")):
        replaced(_aws, prior, values)


def nothing(*_arguments):
    return {}


def call(service, operation, **attributes):
    """One call with the named attributes of the resource as its parameters."""

    def act(aws, *values):
        aws(service, operation, **{parameter: values[-1][name] for parameter, name in attributes.items()})

    return act


def first(blocks):
    return (blocks or [None])[0]


def given(**parameters):
    """Without what is absent or empty."""
    return {name: value for name, value in parameters.items() if value not in (None, "", [], {})}


def tags(values, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in (values["tags_all"] or values["tags"] or {}).items()]


def number(text):
    return None if text in (None, "") else float(text)


# --- keys and images ---


def create_key(aws, v):
    key = aws("kms", "create_key", Policy=v["policy"], Description=v["description"], KeyUsage="ENCRYPT_DECRYPT")
    key_id, arn = key["KeyMetadata"]["KeyId"], key["KeyMetadata"]["Arn"]
    if v["enable_key_rotation"]:
        aws("kms", "enable_key_rotation", KeyId=key_id)
    return {"id": key_id, "key_id": key_id, "arn": arn}


def update_key(aws, _prior, v):
    aws("kms", "put_key_policy", KeyId=v["key_id"], PolicyName="default", Policy=v["policy"])


def create_repository(aws, v):
    encryption = first(v["encryption_configuration"])
    repository = aws(
        "ecr",
        "create_repository",
        repositoryName=v["name"],
        imageTagMutability=v["image_tag_mutability"],
        imageScanningConfiguration={"scanOnPush": first(v["image_scanning_configuration"])["scan_on_push"]},
        encryptionConfiguration=given(encryptionType=encryption["encryption_type"], kmsKey=encryption["kms_key"]),
    )["repository"]
    return {"id": v["name"], "arn": repository["repositoryArn"], "repository_url": repository["repositoryUri"]}


def destroy_repository(aws, v):
    aws("ecr", "delete_repository", repositoryName=v["name"], force=bool(v["force_delete"]))


# --- network ---


def check_description(aws, text):
    if not EC2_DESCRIPTION.fullmatch(text):
        aws.problem(f"ec2: the description {text!r} has a character that EC2 refuses")


def create_vpc(aws, v):
    vpc = aws("ec2", "create_vpc", CidrBlock=v["cidr_block"])["Vpc"]["VpcId"]
    for attribute in ("enable_dns_support", "enable_dns_hostnames"):
        name = "EnableDnsSupport" if attribute.endswith("support") else "EnableDnsHostnames"
        if v[attribute] is not None:
            aws("ec2", "modify_vpc_attribute", VpcId=vpc, **{name: {"Value": v[attribute]}})
    return {"id": vpc, "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{vpc}"}


def adopt_default_security_group(aws, v):
    filters = [{"Name": "vpc-id", "Values": [v["vpc_id"]]}, {"Name": "group-name", "Values": ["default"]}]
    group = aws("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"][0]
    for direction, permissions in (("ingress", group["IpPermissions"]), ("egress", group["IpPermissionsEgress"])):
        if permissions and not v[direction]:
            aws("ec2", f"revoke_security_group_{direction}", GroupId=group["GroupId"], IpPermissions=permissions)
    return {"id": group["GroupId"]}


def create_gateway(aws, v):
    gateway = aws("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    aws("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=v["vpc_id"])
    return {"id": gateway}


def destroy_gateway(aws, v):
    aws("ec2", "detach_internet_gateway", InternetGatewayId=v["id"], VpcId=v["vpc_id"])
    aws("ec2", "delete_internet_gateway", InternetGatewayId=v["id"])


def create_subnet(aws, v):
    place = {"VpcId": v["vpc_id"], "CidrBlock": v["cidr_block"], "AvailabilityZone": v["availability_zone"]}
    return {"id": aws("ec2", "create_subnet", **place)["Subnet"]["SubnetId"]}


def create_route(aws, v):
    route = {"RouteTableId": v["route_table_id"], "DestinationCidrBlock": v["destination_cidr_block"]}
    aws("ec2", "create_route", **route, GatewayId=v["gateway_id"])


def destroy_route(aws, v):
    route = {"RouteTableId": v["route_table_id"], "DestinationCidrBlock": v["destination_cidr_block"]}
    aws("ec2", "delete_route", **route)


def create_association(aws, v):
    made = aws("ec2", "associate_route_table", RouteTableId=v["route_table_id"], SubnetId=v["subnet_id"])
    return {"id": made["AssociationId"]}


def create_endpoint(aws, v):
    made = aws(
        "ec2",
        "create_vpc_endpoint",
        VpcId=v["vpc_id"],
        ServiceName=v["service_name"],
        VpcEndpointType=v["vpc_endpoint_type"],
        RouteTableIds=v["route_table_ids"],
    )
    return {"id": made["VpcEndpoint"]["VpcEndpointId"]}


def create_security_group(aws, v):
    check_description(aws, v["description"])
    group = {"GroupName": v["name"], "Description": v["description"], "VpcId": v["vpc_id"]}
    group_id = aws("ec2", "create_security_group", **group)["GroupId"]
    # The provider removes the rule that EC2 adds: everything may leave.
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    aws("ec2", "revoke_security_group_egress", GroupId=group_id, IpPermissions=everything)
    return {"id": group_id}


def egress_permissions(v):
    ranges = [{"CidrIp": v["cidr_ipv4"], "Description": v["description"]}]
    return [{"IpProtocol": v["ip_protocol"], "FromPort": v["from_port"], "ToPort": v["to_port"], "IpRanges": ranges}]


def create_egress(aws, v):
    check_description(aws, v["description"])
    group = v["security_group_id"]
    made = aws("ec2", "authorize_security_group_egress", GroupId=group, IpPermissions=egress_permissions(v))
    return {"id": made["SecurityGroupRules"][0]["SecurityGroupRuleId"]}


def destroy_egress(aws, v):
    group = v["security_group_id"]
    aws("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=egress_permissions(v))


# --- bucket ---


def create_bucket(aws, v):
    aws("s3", "create_bucket", Bucket=v["bucket"])
    return {"id": v["bucket"], "bucket": v["bucket"], "arn": f"arn:aws:s3:::{v['bucket']}"}


def destroy_bucket(aws, v):
    if v["force_destroy"]:
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=v["bucket"]):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                aws("s3", "delete_objects", Bucket=v["bucket"], Delete={"Objects": keys})
    aws("s3", "delete_bucket", Bucket=v["bucket"])


def put_public_access_block(aws, v):
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    block = {name.title().replace("_", ""): v[name] for name in names}
    aws("s3", "put_public_access_block", Bucket=v["bucket"], PublicAccessBlockConfiguration=block)
    return {"id": v["bucket"]}


def put_ownership(aws, v):
    rules = [{"ObjectOwnership": rule["object_ownership"]} for rule in v["rule"]]
    aws("s3", "put_bucket_ownership_controls", Bucket=v["bucket"], OwnershipControls={"Rules": rules})
    return {"id": v["bucket"]}


def put_encryption(aws, v):
    rules = []
    for rule in v["rule"]:
        default = rule["apply_server_side_encryption_by_default"][0]
        key = given(SSEAlgorithm=default["sse_algorithm"], KMSMasterKeyID=default["kms_master_key_id"])
        rules.append({"ApplyServerSideEncryptionByDefault": key, "BucketKeyEnabled": rule["bucket_key_enabled"]})
    aws("s3", "put_bucket_encryption", Bucket=v["bucket"], ServerSideEncryptionConfiguration={"Rules": rules})
    return {"id": v["bucket"]}


def put_lifecycle(aws, v):
    rules = []
    for rule in v["rule"]:
        prefix = (first(rule["filter"]) or {}).get("prefix") or ""
        made = {"ID": rule["id"], "Status": rule["status"], "Filter": {"Prefix": prefix}}
        if rule["abort_incomplete_multipart_upload"]:
            days = rule["abort_incomplete_multipart_upload"][0]["days_after_initiation"]
            made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
        if rule["expiration"]:
            made["Expiration"] = {"Days": rule["expiration"][0]["days"]}
        rules.append(made)
    aws("s3", "put_bucket_lifecycle_configuration", Bucket=v["bucket"], LifecycleConfiguration={"Rules": rules})
    return {"id": v["bucket"]}


def put_bucket_policy(aws, v):
    aws("s3", "put_bucket_policy", Bucket=v["bucket"], Policy=v["policy"])
    return {"id": v["bucket"]}


def bucket_part(operation):
    return lambda aws, v: aws("s3", operation, Bucket=v["bucket"])


# --- queues ---


def sqs_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def queue_attributes(v):
    """As strings; the provider sends its defaults for what is absent, which are those of SQS."""
    names = {
        "VisibilityTimeout": "visibility_timeout_seconds",
        "MessageRetentionPeriod": "message_retention_seconds",
        "ReceiveMessageWaitTimeSeconds": "receive_wait_time_seconds",
        "KmsMasterKeyId": "kms_master_key_id",
        "SqsManagedSseEnabled": "sqs_managed_sse_enabled",
    }
    return {name: sqs_text(v[attribute]) for name, attribute in names.items() if v[attribute] is not None}


def create_queue(aws, v):
    url = aws("sqs", "create_queue", QueueName=v["name"], Attributes=queue_attributes(v))["QueueUrl"]
    return {"id": url, "url": url, "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{v['name']}"}


def update_queue(aws, prior, v):
    aws("sqs", "set_queue_attributes", QueueUrl=prior["url"], Attributes=queue_attributes(v))


def queue_attribute(name, argument):
    """A resource that is one attribute of a queue."""

    def put(aws, v):
        aws("sqs", "set_queue_attributes", QueueUrl=v["queue_url"], Attributes={name: v[argument]})
        return {"id": v["queue_url"]}

    def destroy(aws, v):
        aws("sqs", "set_queue_attributes", QueueUrl=v["queue_url"], Attributes={name: ""})

    return Resource(put=put, destroy=destroy)


# --- permissions ---


def create_role(aws, v):
    role = aws(
        "iam",
        "create_role",
        RoleName=v["name"],
        AssumeRolePolicyDocument=v["assume_role_policy"],
        Description=v["description"],
        Tags=tags(v),
        **given(PermissionsBoundary=v["permissions_boundary"]),
    )["Role"]
    return {"id": v["name"], "arn": role["Arn"]}


def update_role(aws, _prior, v):
    aws("iam", "update_assume_role_policy", RoleName=v["name"], PolicyDocument=v["assume_role_policy"])


def put_role_policy(aws, v):
    aws("iam", "put_role_policy", RoleName=v["role"], PolicyName=v["name"], PolicyDocument=v["policy"])
    return {"id": f"{v['role']}:{v['name']}"}


def destroy_role_policy(aws, v):
    aws("iam", "delete_role_policy", RoleName=v["role"], PolicyName=v["name"])


def create_policy(aws, v):
    made = aws("iam", "create_policy", PolicyName=v["name"], PolicyDocument=v["policy"], Description=v["description"])
    return {"id": made["Policy"]["Arn"], "arn": made["Policy"]["Arn"]}


def update_policy(aws, prior, v):
    aws("iam", "create_policy_version", PolicyArn=prior["arn"], PolicyDocument=v["policy"], SetAsDefault=True)


# --- ECS ---


def create_cluster(aws, v):
    settings = [{"name": setting["name"], "value": setting["value"]} for setting in v["setting"]]
    cluster = aws("ecs", "create_cluster", clusterName=v["name"], settings=settings, tags=tags(v, "key", "value"))
    return {"id": cluster["cluster"]["clusterArn"], "arn": cluster["cluster"]["clusterArn"]}


def put_capacity_providers(aws, v):
    providers = {"capacityProviders": v["capacity_providers"], "defaultCapacityProviderStrategy": []}
    aws("ecs", "put_cluster_capacity_providers", cluster=v["cluster_name"], **providers)
    return {"id": v["cluster_name"]}


def drop_capacity_providers(aws, v):
    providers = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
    aws("ecs", "put_cluster_capacity_providers", cluster=v["cluster_name"], **providers)


def register_task_definition(aws, v):
    platform = v["runtime_platform"][0]
    definition = aws(
        "ecs",
        "register_task_definition",
        family=v["family"],
        requiresCompatibilities=v["requires_compatibilities"],
        networkMode=v["network_mode"],
        cpu=v["cpu"],
        memory=v["memory"],
        executionRoleArn=v["execution_role_arn"],
        taskRoleArn=v["task_role_arn"],
        runtimePlatform={
            "cpuArchitecture": platform["cpu_architecture"],
            "operatingSystemFamily": platform["operating_system_family"],
        },
        containerDefinitions=json.loads(v["container_definitions"]),
        volumes=[{"name": volume["name"]} for volume in v["volume"]],
        tags=tags(v, "key", "value"),
    )["taskDefinition"]
    return {"id": v["family"], "arn": definition["taskDefinitionArn"]}


def service_settings(v):
    breaker, network = v["deployment_circuit_breaker"][0], v["network_configuration"][0]
    return {
        "taskDefinition": v["task_definition"],
        "capacityProviderStrategy": [
            {"capacityProvider": share["capacity_provider"], "base": share["base"], "weight": share["weight"]}
            for share in v["capacity_provider_strategy"]
        ],
        "deploymentConfiguration": {
            "maximumPercent": v["deployment_maximum_percent"],
            "minimumHealthyPercent": v["deployment_minimum_healthy_percent"],
            "deploymentCircuitBreaker": {"enable": breaker["enable"], "rollback": breaker["rollback"]},
        },
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network["security_groups"],
                "assignPublicIp": "ENABLED" if network["assign_public_ip"] else "DISABLED",
            }
        },
        "enableECSManagedTags": v["enable_ecs_managed_tags"],
        "propagateTags": v["propagate_tags"],
        "availabilityZoneRebalancing": v["availability_zone_rebalancing"],
        **given(enableExecuteCommand=v["enable_execute_command"]),
    }


def create_service(aws, v):
    settings = {**service_settings(v), "desiredCount": v["desired_count"], "tags": tags(v, "key", "value")}
    service = aws("ecs", "create_service", cluster=v["cluster"], serviceName=v["name"], **settings)["service"]
    return {"id": service["serviceArn"]}


def update_service(aws, _prior, v):
    settings = {**service_settings(v), "forceNewDeployment": bool(v["force_new_deployment"])}
    aws("ecs", "update_service", cluster=v["cluster"], service=v["name"], **settings)


def destroy_service(aws, v):
    aws("ecs", "update_service", cluster=v["cluster"], service=v["name"], desiredCount=0)
    aws("ecs", "delete_service", cluster=v["cluster"], service=v["name"], force=bool(v["force_delete"]))


# --- scaling ---


def target(v):
    names = {"ServiceNamespace": "service_namespace", "ResourceId": "resource_id", "ScalableDimension": "scalable_dimension"}
    return {name: v[attribute] for name, attribute in names.items()}


def put_target(aws, v):
    limits = {"MinCapacity": v["min_capacity"], "MaxCapacity": v["max_capacity"]}
    aws("application-autoscaling", "register_scalable_target", **target(v), **limits, Tags=v["tags_all"] or {})
    return {"id": v["resource_id"]}


def update_target(aws, prior, v):
    limits = {
        name: v[attribute]
        for name, attribute in (("MinCapacity", "min_capacity"), ("MaxCapacity", "max_capacity"))
        if v[attribute] != prior[attribute]
    }
    aws("application-autoscaling", "register_scalable_target", **target(v), **limits)


def put_scaling_policy(aws, v):
    configuration = v["step_scaling_policy_configuration"][0]
    steps = []
    for step in configuration["step_adjustment"]:
        bounds = given_numbers(
            MetricIntervalLowerBound=number(step["metric_interval_lower_bound"]),
            MetricIntervalUpperBound=number(step["metric_interval_upper_bound"]),
        )
        steps.append({**bounds, "ScalingAdjustment": step["scaling_adjustment"]})
    steps.sort(key=lambda step: step.get("MetricIntervalLowerBound", float("-inf")))
    for lower, upper in zip(steps, steps[1:]):
        if lower.get("MetricIntervalUpperBound") != upper.get("MetricIntervalLowerBound"):
            aws.problem(f"application-autoscaling: a gap between the steps {lower} and {upper}")
    if len(steps) > 20:
        aws.problem(f"application-autoscaling: expected at most 20 steps, received {len(steps)}")
    policy = aws(
        "application-autoscaling",
        "put_scaling_policy",
        PolicyName=v["name"],
        PolicyType=v["policy_type"],
        **target(v),
        StepScalingPolicyConfiguration={
            "AdjustmentType": configuration["adjustment_type"],
            "Cooldown": configuration["cooldown"],
            "MetricAggregationType": configuration["metric_aggregation_type"],
            "StepAdjustments": steps,
        },
    )
    return {"id": v["name"], "arn": policy["PolicyARN"]}


def destroy_scaling_policy(aws, v):
    aws("application-autoscaling", "delete_scaling_policy", PolicyName=v["name"], **target(v))


def given_numbers(**parameters):
    return {name: value for name, value in parameters.items() if value is not None}


# --- alarms, logs, dashboards ---


def metric_of(block):
    dimensions = [{"Name": name, "Value": value} for name, value in block["dimensions"].items()]
    return {"Namespace": block["namespace"], "MetricName": block["metric_name"], "Dimensions": dimensions}


def put_alarm(aws, v):
    alarm = {
        "AlarmName": v["alarm_name"],
        "AlarmDescription": v["alarm_description"],
        "ComparisonOperator": v["comparison_operator"],
        "EvaluationPeriods": v["evaluation_periods"],
        "DatapointsToAlarm": v["datapoints_to_alarm"],
        "Threshold": float(v["threshold"]),
        "TreatMissingData": v["treat_missing_data"],
        "AlarmActions": v["alarm_actions"] or [],
        "OKActions": v["ok_actions"] or [],
        "Tags": tags(v),
    }
    if v["metric_query"]:
        alarm["Metrics"] = [metric_query(query) for query in v["metric_query"]]
        check_queries(aws, v, alarm["Metrics"])
    else:
        alarm.update(metric_of(v), Period=v["period"], Statistic=v["statistic"])
    aws("cloudwatch", "put_metric_alarm", **{name: value for name, value in alarm.items() if value is not None})
    return {"id": v["alarm_name"], "arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{v['alarm_name']}"}


def metric_query(query):
    made = given(Id=query["id"], Expression=query["expression"], Label=query["label"])
    if query["metric"]:
        metric = query["metric"][0]
        made["MetricStat"] = {"Metric": metric_of(metric), "Period": metric["period"], "Stat": metric["stat"]}
    return {**made, "ReturnData": bool(query["return_data"])}


def check_queries(aws, v, queries):
    """What CloudWatch refuses and no model says."""
    name = f"cloudwatch: alarm {v['alarm_name']}"
    if sum(query["ReturnData"] for query in queries) != 1:
        aws.problem(f"{name}: expected one query with ReturnData")
    periods = {query["MetricStat"]["Period"] for query in queries if "MetricStat" in query}
    if len(periods) != 1:
        aws.problem(f"{name}: expected metrics of one period, received {sorted(periods)}")
    elif max(periods) * v["evaluation_periods"] > ALARM_MAX_SECONDS:
        aws.problem(f"{name}: expected at most a day of periods")


def create_log_group(aws, v):
    group = given(logGroupName=v["name"], kmsKeyId=v["kms_key_id"], tags=v["tags_all"])
    aws("logs", "create_log_group", **group)
    aws("logs", "put_retention_policy", logGroupName=v["name"], retentionInDays=v["retention_in_days"])
    return {"id": v["name"], "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{v['name']}"}


def update_log_group(aws, _prior, v):
    aws("logs", "put_retention_policy", logGroupName=v["name"], retentionInDays=v["retention_in_days"])


def put_query_definition(aws, v):
    query = {"name": v["name"], "queryString": v["query_string"], "logGroupNames": v["log_group_names"]}
    made = aws("logs", "put_query_definition", **query, **given(queryDefinitionId=v["query_definition_id"]))
    return given(id=made.get("queryDefinitionId"), query_definition_id=made.get("queryDefinitionId"))


def destroy_query_definition(aws, v):
    aws("logs", "delete_query_definition", queryDefinitionId=v["query_definition_id"])


def put_dashboard(aws, v):
    aws("cloudwatch", "put_dashboard", DashboardName=v["dashboard_name"], DashboardBody=v["dashboard_body"])
    return {"id": v["dashboard_name"]}


# --- notifications and the budget ---


def create_topic(aws, v):
    attributes = given(KmsMasterKeyId=v["kms_master_key_id"])
    topic = aws("sns", "create_topic", Name=v["name"], Attributes=attributes, Tags=tags(v))["TopicArn"]
    return {"id": topic, "arn": topic}


def put_topic_policy(aws, v):
    aws("sns", "set_topic_attributes", TopicArn=v["arn"], AttributeName="Policy", AttributeValue=v["policy"])
    return {"id": v["arn"]}


def subscribe(aws, v):
    made = aws("sns", "subscribe", TopicArn=v["topic_arn"], Protocol=v["protocol"], Endpoint=v["endpoint"])
    return {"id": made["SubscriptionArn"], "arn": made["SubscriptionArn"]}


def budget(v):
    return {
        "BudgetName": v["name"],
        "BudgetType": v["budget_type"],
        "TimeUnit": v["time_unit"],
        "BudgetLimit": {"Amount": v["limit_amount"], "Unit": v["limit_unit"]},
        "CostFilters": {cost_filter["name"]: cost_filter["values"] for cost_filter in v["cost_filter"]},
    }


def create_budget(aws, v):
    notifications = [
        {
            "Notification": {
                "NotificationType": notification["notification_type"],
                "ComparisonOperator": notification["comparison_operator"],
                "Threshold": float(notification["threshold"]),
                "ThresholdType": notification["threshold_type"],
            },
            "Subscribers": [
                {"SubscriptionType": "SNS", "Address": topic} for topic in notification["subscriber_sns_topic_arns"]
            ],
        }
        for notification in v["notification"]
    ]
    aws("budgets", "create_budget", AccountId=ACCOUNT, Budget=budget(v), NotificationsWithSubscribers=notifications)
    return {"id": f"{ACCOUNT}:{v['name']}"}


def update_budget(aws, _prior, v):
    aws("budgets", "update_budget", AccountId=ACCOUNT, NewBudget=budget(v))


def destroy_budget(aws, v):
    aws("budgets", "delete_budget", AccountId=ACCOUNT, BudgetName=v["name"])


# --- querying ---


def create_database(aws, v):
    aws("glue", "create_database", DatabaseInput={"Name": v["name"], "Description": v["description"]})
    return {"id": v["name"]}


def table_input(v):
    storage = v["storage_descriptor"][0]
    return {
        "Name": v["name"],
        "Description": v["description"],
        "TableType": v["table_type"],
        "Parameters": v["parameters"],
        "PartitionKeys": [{"Name": key["name"], "Type": key["type"]} for key in v["partition_keys"]],
        "StorageDescriptor": {
            "Location": storage["location"],
            "InputFormat": storage["input_format"],
            "OutputFormat": storage["output_format"],
            "SerdeInfo": {"SerializationLibrary": storage["ser_de_info"][0]["serialization_library"]},
            "Columns": [{"Name": column["name"], "Type": column["type"]} for column in storage["columns"]],
        },
    }


def create_table(aws, v):
    aws("glue", "create_table", DatabaseName=v["database_name"], TableInput=table_input(v))
    return {"id": f"{v['database_name']}:{v['name']}"}


def update_table(aws, _prior, v):
    aws("glue", "update_table", DatabaseName=v["database_name"], TableInput=table_input(v))


def create_workgroup(aws, v):
    configuration = v["configuration"][0]
    result = configuration["result_configuration"][0]
    encryption = result["encryption_configuration"][0]
    aws(
        "athena",
        "create_work_group",
        Name=v["name"],
        Description=v["description"],
        Configuration={
            "EnforceWorkGroupConfiguration": configuration["enforce_workgroup_configuration"],
            "PublishCloudWatchMetricsEnabled": configuration["publish_cloudwatch_metrics_enabled"],
            "BytesScannedCutoffPerQuery": configuration["bytes_scanned_cutoff_per_query"],
            "ResultConfiguration": {
                "OutputLocation": result["output_location"],
                "ExpectedBucketOwner": result["expected_bucket_owner"],
                "EncryptionConfiguration": given(
                    EncryptionOption=encryption["encryption_option"], KmsKey=encryption["kms_key_arn"]
                ),
            },
        },
    )
    return {"id": v["name"]}


def destroy_workgroup(aws, v):
    aws("athena", "delete_work_group", WorkGroup=v["name"], RecursiveDeleteOption=bool(v["force_destroy"]))


# --- the schedule ---


def schedule(v):
    goal = v["target"][0]
    ecs = goal["ecs_parameters"][0]
    network, window, retries = ecs["network_configuration"][0], v["flexible_time_window"][0], goal["retry_policy"][0]
    dead_letter = first(goal["dead_letter_config"])
    return {
        "Name": v["name"],
        "Description": v["description"],
        "ScheduleExpression": v["schedule_expression"],
        "ScheduleExpressionTimezone": v["schedule_expression_timezone"],
        "FlexibleTimeWindow": {"Mode": window["mode"], "MaximumWindowInMinutes": window["maximum_window_in_minutes"]},
        "Target": {
            "Arn": goal["arn"],
            "RoleArn": goal["role_arn"],
            "Input": goal["input"],
            **({} if dead_letter is None else {"DeadLetterConfig": {"Arn": dead_letter["arn"]}}),
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": retries["maximum_event_age_in_seconds"],
                "MaximumRetryAttempts": retries["maximum_retry_attempts"],
            },
            "EcsParameters": {
                "TaskDefinitionArn": ecs["task_definition_arn"],
                "TaskCount": ecs["task_count"],
                "EnableECSManagedTags": ecs["enable_ecs_managed_tags"],
                "PropagateTags": ecs["propagate_tags"],
                "CapacityProviderStrategy": [
                    {"capacityProvider": share["capacity_provider"], "weight": share["weight"]}
                    for share in ecs["capacity_provider_strategy"]
                ],
                "NetworkConfiguration": {
                    "awsvpcConfiguration": {
                        "Subnets": network["subnets"],
                        "SecurityGroups": network["security_groups"],
                        "AssignPublicIp": "ENABLED" if network["assign_public_ip"] else "DISABLED",
                    }
                },
            },
        },
    }


def create_schedule(aws, v):
    arn = aws("scheduler", "create_schedule", **schedule(v))["ScheduleArn"]
    return {"id": f"default/{v['name']}", "arn": arn}


def update_schedule(aws, _prior, v):
    aws("scheduler", "update_schedule", **schedule(v))


RESOURCES = {
    "aws_kms_key": Resource(
        create=create_key,
        update=update_key,
        destroy=call("kms", "schedule_key_deletion", KeyId="key_id", PendingWindowInDays="deletion_window_in_days"),
    ),
    "aws_kms_alias": Resource(
        create=call("kms", "create_alias", AliasName="name", TargetKeyId="target_key_id"),
        destroy=call("kms", "delete_alias", AliasName="name"),
    ),
    "aws_ecr_repository": Resource(create=create_repository, update=nothing, destroy=destroy_repository),
    "aws_ecr_lifecycle_policy": Resource(
        put=call("ecr", "put_lifecycle_policy", repositoryName="repository", lifecyclePolicyText="policy"),
        destroy=call("ecr", "delete_lifecycle_policy", repositoryName="repository"),
    ),
    "aws_vpc": Resource(create=create_vpc, update=tags_only, destroy=call("ec2", "delete_vpc", VpcId="id")),
    # AWS deletes it with its VPC.
    "aws_default_security_group": Resource(create=adopt_default_security_group, update=tags_only, destroy=nothing),
    "aws_internet_gateway": Resource(create=create_gateway, update=tags_only, destroy=destroy_gateway),
    "aws_subnet": Resource(
        create=create_subnet, update=tags_only, destroy=call("ec2", "delete_subnet", SubnetId="id")
    ),
    "aws_route_table": Resource(
        create=lambda aws, v: {"id": aws("ec2", "create_route_table", VpcId=v["vpc_id"])["RouteTable"]["RouteTableId"]},
        update=tags_only,
        destroy=call("ec2", "delete_route_table", RouteTableId="id"),
    ),
    "aws_route": Resource(create=create_route, destroy=destroy_route),
    "aws_route_table_association": Resource(
        create=create_association,
        destroy=call("ec2", "disassociate_route_table", AssociationId="id"),
    ),
    "aws_vpc_endpoint": Resource(
        create=create_endpoint,
        update=tags_only,
        destroy=lambda aws, v: aws("ec2", "delete_vpc_endpoints", VpcEndpointIds=[v["id"]]),
    ),
    "aws_security_group": Resource(
        create=create_security_group,
        update=tags_only,
        destroy=call("ec2", "delete_security_group", GroupId="id"),
    ),
    "aws_vpc_security_group_egress_rule": Resource(create=create_egress, destroy=destroy_egress),
    "aws_s3_bucket": Resource(create=create_bucket, update=nothing, destroy=destroy_bucket),
    "aws_s3_bucket_public_access_block": Resource(
        put=put_public_access_block, destroy=bucket_part("delete_public_access_block")
    ),
    "aws_s3_bucket_ownership_controls": Resource(
        put=put_ownership, destroy=bucket_part("delete_bucket_ownership_controls")
    ),
    "aws_s3_bucket_server_side_encryption_configuration": Resource(
        put=put_encryption, destroy=bucket_part("delete_bucket_encryption")
    ),
    "aws_s3_bucket_lifecycle_configuration": Resource(put=put_lifecycle, destroy=bucket_part("delete_bucket_lifecycle")),
    "aws_s3_bucket_policy": Resource(put=put_bucket_policy, destroy=bucket_part("delete_bucket_policy")),
    "aws_sqs_queue": Resource(
        create=create_queue,
        update=update_queue,
        destroy=call("sqs", "delete_queue", QueueUrl="url"),
    ),
    "aws_sqs_queue_policy": queue_attribute("Policy", "policy"),
    "aws_sqs_queue_redrive_policy": queue_attribute("RedrivePolicy", "redrive_policy"),
    "aws_sqs_queue_redrive_allow_policy": queue_attribute("RedriveAllowPolicy", "redrive_allow_policy"),
    "aws_iam_role": Resource(
        create=create_role,
        update=update_role,
        destroy=call("iam", "delete_role", RoleName="name"),
    ),
    "aws_iam_role_policy": Resource(put=put_role_policy, destroy=destroy_role_policy),
    "aws_iam_policy": Resource(
        create=create_policy,
        update=update_policy,
        destroy=call("iam", "delete_policy", PolicyArn="arn"),
    ),
    "aws_ecs_cluster": Resource(
        create=create_cluster,
        update=tags_only,
        destroy=call("ecs", "delete_cluster", cluster="name"),
    ),
    "aws_ecs_cluster_capacity_providers": Resource(put=put_capacity_providers, destroy=drop_capacity_providers),
    "aws_ecs_task_definition": Resource(
        create=register_task_definition,
        destroy=call("ecs", "deregister_task_definition", taskDefinition="arn"),
    ),
    "aws_ecs_service": Resource(create=create_service, update=update_service, destroy=destroy_service),
    "aws_appautoscaling_target": Resource(
        create=put_target,
        update=update_target,
        destroy=lambda aws, v: aws("application-autoscaling", "deregister_scalable_target", **target(v)),
    ),
    "aws_appautoscaling_policy": Resource(put=put_scaling_policy, destroy=destroy_scaling_policy),
    "aws_cloudwatch_metric_alarm": Resource(
        put=put_alarm, destroy=lambda aws, v: aws("cloudwatch", "delete_alarms", AlarmNames=[v["alarm_name"]])
    ),
    "aws_cloudwatch_log_group": Resource(
        create=create_log_group,
        update=update_log_group,
        destroy=call("logs", "delete_log_group", logGroupName="name"),
    ),
    "aws_cloudwatch_query_definition": Resource(put=put_query_definition, destroy=destroy_query_definition),
    "aws_cloudwatch_dashboard": Resource(
        put=put_dashboard,
        destroy=lambda aws, v: aws("cloudwatch", "delete_dashboards", DashboardNames=[v["dashboard_name"]]),
    ),
    "aws_sns_topic": Resource(
        create=create_topic, update=tags_only, destroy=call("sns", "delete_topic", TopicArn="arn")
    ),
    # The provider sets the default policy again; the topic goes next.
    "aws_sns_topic_policy": Resource(put=put_topic_policy, destroy=nothing),
    "aws_sns_topic_subscription": Resource(
        create=subscribe, destroy=call("sns", "unsubscribe", SubscriptionArn="arn")
    ),
    "aws_budgets_budget": Resource(
        create=create_budget,
        update=update_budget,
        destroy=destroy_budget,
    ),
    "aws_glue_catalog_database": Resource(
        create=create_database, destroy=call("glue", "delete_database", Name="name")
    ),
    "aws_glue_catalog_table": Resource(
        create=create_table,
        update=update_table,
        destroy=call("glue", "delete_table", DatabaseName="database_name", Name="name"),
    ),
    "aws_athena_workgroup": Resource(create=create_workgroup, update=nothing, destroy=destroy_workgroup),
    "aws_scheduler_schedule": Resource(
        create=create_schedule,
        update=update_schedule,
        destroy=call("scheduler", "delete_schedule", Name="name"),
    ),
}

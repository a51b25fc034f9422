"""What MiniStack's CloudFormation lacks for `cdk deploy` of this app: five types of resources, alarms on expressions, tags
of buckets, names that are new with every stack, and log groups that a function's role may not make.

Python reads a module of this name before anything else, so that MiniStack is started as the local cloud starts it, with this
folder in front of its own on PYTHONPATH. It puts handlers into tables of MiniStack that are nobody's interface; hence the
exact version below. Whoever takes another version looks whether each of them is still needed, and still fits.

A handler is `create(logical id, properties, stack) -> (physical id, attributes)` and `delete(physical id, properties)`.
"""

import sys

VERSION = "1.5.33"


def first_lower(value):
    """CloudFormation's `ClusterName` as MSK's API has it, `clusterName`, all the way down."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: first_lower(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [first_lower(inner) for inner in value]
    return value


def extend():
    import base64
    import importlib.metadata
    import json
    import os

    found = importlib.metadata.version("ministack")
    if found != VERSION:
        raise RuntimeError(f"made for MiniStack {VERSION}, and this is {found}: look at {__file__} anew")

    # The address that a cluster's clients are told; nobody listens there.
    os.environ["MINISTACK_MSK_BOOTSTRAP_SASL_IAM"] = "127.0.0.1:9"

    from ministack.services import cloudwatch_logs, iam, lambda_svc, msk, s3
    from ministack.services.cloudformation import provisioners, stacks

    handlers = provisioners._RESOURCE_HANDLERS

    def create_cluster(_logical_id, properties, _stack):
        status, _headers, body = msk._create_cluster(json.dumps(first_lower(properties)))
        answer = json.loads(body)
        # Among them the answer to a name that is taken.
        if status >= 300:
            raise ValueError(answer.get("Message") or answer.get("message") or str(answer))
        arn = answer.get("ClusterArn") or answer["clusterArn"]
        return arn, {"Arn": arn}

    topics = set()

    def create_topic(_logical_id, properties, _stack):
        json.loads(base64.b64decode(properties["Configs"]))
        arn = properties["ClusterArn"].replace(":cluster/", ":topic/") + "/" + properties["TopicName"]
        if arn in topics:
            raise ValueError(f"TopicExistsException: {properties['TopicName']}")
        topics.add(arn)
        return arn, {"TopicArn": arn}

    def delete_cluster(arn, _properties):
        prefix = arn.replace(":cluster/", ":topic/") + "/"
        topics.difference_update({topic for topic in topics if topic.startswith(prefix)})
        msk._delete_cluster(arn)

    def named(prefix):
        """A resource that is nothing but its id."""

        def create(_logical_id, _properties, _stack):
            made = f"{prefix}-{provisioners.new_uuid()[:12]}"
            return made, {"Id": made}

        return {"create": create, "delete": lambda _id, _properties: None}

    handlers["AWS::MSK::Cluster"] = {"create": create_cluster, "delete": delete_cluster}
    handlers["AWS::MSK::Topic"] = {
        "create": create_topic,
        "delete": lambda arn, _properties: topics.discard(arn),
    }
    handlers["AWS::EC2::FlowLog"] = named("fl")
    handlers["AWS::EC2::SecurityGroupIngress"] = named("sgr")
    handlers["AWS::EC2::SecurityGroupEgress"] = named("sgr")

    # MiniStack keeps alarms on one metric only. One on an expression is kept here by what the others have too, and is
    # never evaluated.
    single = handlers["AWS::CloudWatch::Alarm"]
    nothing = {"Namespace": "expression", "MetricName": "expression", "Statistic": "Sum", "Period": 300}

    def plain(properties):
        if "Metrics" not in properties:
            return properties
        return {**nothing, **{key: value for key, value in properties.items() if key != "Metrics"}}

    def create_alarm(logical_id, properties, stack):
        return single["create"](logical_id, plain(properties), stack)

    def delete_alarm(name, properties):
        return single["delete"](name, plain(properties))

    handlers["AWS::CloudWatch::Alarm"] = {**single, "create": create_alarm, "delete": delete_alarm}

    # On AWS a name that CloudFormation makes up has chance in it: what a deleted stack has left is in nobody's way.
    provision = stacks._provision_resource

    def provision_under_new_name(*args):
        if not provisioners._NAME_SEED.get():
            provisioners._NAME_SEED.set(provisioners.new_uuid()[:8])
        return provision(*args)

    stacks._provision_resource = provision_under_new_name

    log_group = handlers["AWS::Logs::LogGroup"]

    def create_log_group(logical_id, properties, stack):
        made_up = f"{stack}-{logical_id}-{provisioners.new_uuid()[:12]}"
        return log_group["create"](logical_id, {"LogGroupName": made_up, **properties}, stack)

    handlers["AWS::Logs::LogGroup"] = {**log_group, "create": create_log_group}

    # CDK's function that empties a bucket looks at the bucket's tag before it does.
    bucket = handlers["AWS::S3::Bucket"]

    def create_bucket(logical_id, properties, stack):
        made = bucket["create"](logical_id, properties, stack)
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        if tags:
            s3._bucket_tags[made[0]] = tags
        return made

    handlers["AWS::S3::Bucket"] = {**bucket, "create": create_bucket}

    # MiniStack checks no rights, so what a function says last would bring back the log group that its stack has deleted:
    # the relay waits for a broker that isn't there while it is. On AWS that takes a role that may make log groups.
    write_logs = lambda_svc._emit_lambda_logs

    def may_make_log_groups(role_arn):
        role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
        if role is None:
            return False
        managed = any("/service-role/AWSLambda" in arn for arn in role["AttachedPolicies"])
        return managed or "logs:CreateLogGroup" in json.dumps(role["InlinePolicies"])

    def write_logs_where_allowed(function, *args, **kwargs):
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        if group in cloudwatch_logs._log_groups or may_make_log_groups(config["Role"]):
            write_logs(function, *args, **kwargs)

    lambda_svc._emit_lambda_logs = write_logs_where_allowed


# Python's other processes under this MiniStack read this module too.
if sys.orig_argv[1:3] == ["-m", "ministack"]:
    try:
        extend()
    except Exception as error:  # Python would go on without it.
        sys.stderr.write(f"the rehearsal's extension: {error!r}\n")
        sys.stderr.flush()
        import os

        os._exit(3)

"""Deploys template.yaml with the functions' packages to a LocalStack-compatible endpoint.

It does what `sam deploy` does (packages to a bucket, their places into the template, a stack), in a tenth of the time.
"""

import io
import json
import pathlib
import socket
import urllib.parse
import zipfile

import boto3
import botocore.config
import botocore.exceptions
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
STACK = "counterfoil"
# The tests' second stack, which answers through its edge alone.
EDGE_STACK = "counterfoil-edge"
# The ledger of that stack: another table than its own, as after a restore.
RESTORED = "counterfoil-restored"
BUCKET = "counterfoil-packages"
# In the bucket, because a call takes 51 200 bytes of one at most.
TEMPLATE = "template.json"
# Emulators take any; what counts is that they are the same in every client.
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
# The binary of a function that is not called after it: the parameter `Bury` has that name.
BINARIES = {"Buryer": "bury"}
# What the tests bring: forms of their own. The worker is deployed without this one, as when a deployment has come
# half the way; its package with it lies in the bucket, for the test that brings it the rest of the way.
FORMS_OF_TESTS = ROOT / "tests/http/forms"
# And whom that stack tells, with a form that does.
TELLING_OF_TESTS = ROOT / "tests/flow/aws/deployed"
RECEIVERS = "receivers.toml"
# A key as the tests have it.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LATE = "late.toml"
LATER = "Worker-later"


def deploy(endpoint, packages, given, for_tests):
    """Makes the stack; the folder has each function's package, or its program. Answers with the stack's outputs, the
    name of each function, and for the tests the outputs of a stack with an edge."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    parameters = {name: str(declared["Default"]) for name, declared in template["Parameters"].items()}
    parameters.update(given)
    hook = free_port()
    if for_tests:
        parameters["ReceiverSecrets"] = keep_secrets(client("secretsmanager", endpoint), hook)
    write_numbers(template, parameters)
    leave_out_formulas(template)
    lead_the_edge_here(template, endpoint)
    s3 = client("s3", endpoint, s3={"addressing_style": "path"})
    forms = forms_to_carry(for_tests)
    receivers = receivers_to_carry(for_tests)
    upload(s3, template, packages, (forms, receivers))
    if for_tests:
        put(s3, LATER, package(packages / "worker", forms, receivers))
    cloudformation = client("cloudformation", endpoint)
    url = f"{endpoint}/{BUCKET}/{TEMPLATE}"
    s3.put_object(Bucket=BUCKET, Key=TEMPLATE, Body=json.dumps(template))
    outputs, functions = make(cloudformation, STACK, url, parameters)
    if not for_tests:
        return outputs, functions, {}
    outputs["HookPort"] = hook
    stream = restore(client("dynamodb", endpoint), outputs["TableName"])
    second = {"Edge": "only", "FrontDoor": "http-api", "RestoredTable": RESTORED, "RestoredTableStream": stream}
    second["ReceiverSecrets"] = ""
    edge, _ = make(cloudformation, EDGE_STACK, url, parameters | second)
    return outputs, functions, edge


def restore(dynamodb, table):
    """Restores the table as the runbook of docs/deploy-aws.md does. Answers with the label of its stream."""
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=table, TargetTableName=RESTORED, UseLatestRestorableTime=True
    )
    dynamodb.get_waiter("table_exists").wait(TableName=RESTORED)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    dynamodb.update_table(TableName=RESTORED, StreamSpecification=stream, DeletionProtectionEnabled=True)
    expiry = {"Enabled": True, "AttributeName": "expires_at"}
    dynamodb.update_time_to_live(TableName=RESTORED, TimeToLiveSpecification=expiry)
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=RESTORED, PointInTimeRecoverySpecification=recovery)
    return dynamodb.describe_table(TableName=RESTORED)["Table"]["LatestStreamLabel"]


def free_port():
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def keep_secrets(secrets, hook):
    """Keeps what the receivers of the tests need, as an owner does. Answers with the name of the secret."""
    name = "receivers"
    text = json.dumps({"HOOK_URL": f"http://127.0.0.1:{hook}/hook", "CRM_SECRET": SECRET})
    secrets.create_secret(Name=name, SecretString=text)
    return name


def client(service, endpoint, **settings):
    config = botocore.config.Config(retries={"total_max_attempts": 3}, connect_timeout=5, **settings)
    return boto3.client(service, endpoint_url=endpoint, config=config, **ACCOUNT)


def write_numbers(template, parameters):
    """Puts the value where a mapping refers to a number. On AWS a property's type decides; MiniStack 1.5.33 keeps every
    parameter as text, and its poller then stops at "'>=' not supported between instances of 'int' and 'str'"."""
    numbers = {name for name, declared in template["Parameters"].items() if declared["Type"] == "Number"}

    def written(value):
        if isinstance(value, dict):
            name = value.get("Ref")
            return int(parameters[name]) if name in numbers else {key: written(inner) for key, inner in value.items()}
        return [written(inner) for inner in value] if isinstance(value, list) else value

    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            resource["Properties"] = written(resource["Properties"])


def leave_out_formulas(template):
    """Leaves out alarms that compute: MiniStack 1.5.33 makes no alarm of metric math. `tests/template` evaluates them. Nor
    does a deployment ask for alarms then: here it is never gradual."""
    kept = {name: resource for name, resource in template["Resources"].items() if not is_formula(resource)}
    template["Resources"] = kept
    for resource in kept.values():
        resource["Properties"].get("DeploymentPreference", {}).pop("Alarms", None)


def is_formula(resource):
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]


def lead_the_edge_here(template, endpoint):
    """Has CloudFront call the API by an address of MiniStack's: to one of AWS's it answers 502, so that nothing reaches
    AWS."""
    [origin] = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    here = urllib.parse.urlsplit(endpoint)
    origin["DomainName"] = here.hostname
    origin["OriginPath"] = {"Fn::Sub": "/_aws/execute-api/${Api}/$default"}
    origin["CustomOriginConfig"] = {"OriginProtocolPolicy": "http-only", "HTTPPort": here.port}


def forms_to_carry(for_tests):
    """The forms that a package carries."""
    folders = [ROOT / "forms", *([FORMS_OF_TESTS, TELLING_OF_TESTS / "forms"] if for_tests else [])]
    return [path for folder in folders for path in sorted(folder.iterdir())]


def receivers_to_carry(for_tests):
    """The receivers that a package carries beside the forms."""
    file = (TELLING_OF_TESTS if for_tests else ROOT) / RECEIVERS
    return [(file, RECEIVERS)] if file.is_file() else []


def upload(s3, template, packages, carries):
    """Puts each package into the bucket, and its place into the template. The worker comes without the late form."""
    forms, receivers = carries
    s3.create_bucket(Bucket=BUCKET)
    template["Globals"]["Function"].pop("CodeUri")
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            place = packages / BINARIES.get(name, name.lower())
            carried = [path for path in forms if (name, path.name) != ("Worker", LATE)]
            resource["Properties"]["CodeUri"] = put(s3, name, package(place, carried, receivers))
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = put(s3, name, zipped(forms, *receivers))


def put(s3, name, package):
    s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=package)
    return {"Bucket": BUCKET, "Key": f"{name}.zip"}


def package(place, forms, receivers):
    """A function's package: made by `cargo xtask package`, or now, of its program, the forms and the receivers."""
    if place.is_dir():
        return (place / "bootstrap.zip").read_bytes()
    return zipped(forms, (place, "bootstrap"), *receivers)


def zipped(forms, *files):
    """The forms, and the files under these names."""
    archived = io.BytesIO()
    # Quickly: a program with its line tables is large, and this archive is read once.
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, name in [*files, *((path, f"forms/{path.name}") for path in forms)]:
            archive.write(path, name)
    return archived.getvalue()


def make(cloudformation, name, url, parameters):
    """Makes the stack and waits for it. What went wrong is said by resource."""
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=url,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except botocore.exceptions.WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed]
        raise SystemExit("\n".join(reasons) or str(error)) from error
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    functions = [resource for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"]
    return outputs, {function["LogicalResourceId"]: function["PhysicalResourceId"] for function in functions}

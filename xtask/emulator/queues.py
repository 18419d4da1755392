"""Runs LocalStack's core, whose queues know SQS's own redrive, until standard input ends: so it ends whenever, and
however, the program that started it does. Says on standard output where it listens, once it answers."""

import argparse
import functools
import os
import pathlib
import sys
import threading
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
# It listens in about a second; this is for a machine that is busy with something else.
PATIENCE = 60


def main():
    options = arguments()
    endpoint = f"http://{HOST}:{options.port}"
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(settings(options))
    listen_on_loopback()
    threading.Thread(target=end_with_input, daemon=True).start()
    threading.Thread(target=say_when_it_answers, args=(endpoint, said), daemon=True).start()
    # Now: it reads its settings when it is imported.
    from localstack.runtime.main import main as run

    run()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--log", required=True)
    parser.add_argument("--folder", required=True, help="where it may write", type=pathlib.Path)
    return parser.parse_args()


def settings(options):
    """No name server, nothing fetched, nothing told, and no file of its own anywhere else."""
    return {
        "GATEWAY_LISTEN": f"{HOST}:{options.port}",
        "TMPDIR": str(options.folder),
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
    }


def listen_on_loopback():
    """LocalStack 2026.3.0 takes only the port from GATEWAY_LISTEN, and listens on every address of the machine."""
    from twisted.internet import endpoints

    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface=HOST)


def end_with_input():
    sys.stdin.buffer.read()
    # It keeps nothing, so there is nothing to end in order.
    os._exit(0)


def say_when_it_answers(endpoint, said):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=5).read()
            print(endpoint, file=said, flush=True)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    os._exit(1)


if __name__ == "__main__":
    main()

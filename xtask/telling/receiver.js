// A receiver in Node: believes no webhook that npm's `standardwebhooks` does not verify. It says where it listens, then a
// line for each webhook. Usage: node receiver.js SECRET… (ends with its standard input)
"use strict";

const http = require("node:http");
const { Webhook } = require("standardwebhooks");

const secrets = process.argv.slice(2);
const STRANGER = "whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI";

// What the library says of it, or null.
function verified(secret, body, headers) {
  try {
    return new Webhook(secret).verify(body, headers);
  } catch {
    return null;
  }
}

function judged(body, headers) {
  const notices = secrets.map((secret) => verified(secret, body, headers));
  const later = { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) };
  const believed = [
    verified(STRANGER, body, headers),
    verified(secrets[0], body.replace("data", "dota"), headers),
    verified(secrets[0], body, { ...headers, "webhook-id": `${headers["webhook-id"]}x` }),
    verified(secrets[0], body, later),
  ];
  // A library that believes everything proves nothing.
  const good = notices.every(Boolean) && !believed.some(Boolean);
  return { id: headers["webhook-id"], good, notice: notices[0] };
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const said = judged(Buffer.concat(parts).toString("utf8"), request.headers);
    process.stdout.write(`${JSON.stringify(said)}\n`);
    response.writeHead(said.good ? 204 : 400).end();
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on("end", () => process.exit(0)).resume();

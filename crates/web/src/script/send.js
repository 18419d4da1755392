// A field called "action" hides `form.action`: a member is asked of the prototype.
const own = (member) => Reflect.get(HTMLFormElement.prototype, member, form);
const all = (css) => [...own("querySelectorAll").call(form, css)];
const [status] = all("[role=status]");
let key, sent;

// UUIDv7. Unchanged words keep their key, so that sending again is not sending twice.
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(Date.now() / 2 ** (40 - 8 * i)) % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function say(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

// What people typed. A fresh token, or another key, makes no other words of it.
function typed() {
  const fields = new URLSearchParams(new FormData(form));
  for (const name of ["_idempotency", ...(captcha?.fields ?? [])]) fields.delete(name);
  return fields;
}

async function send(token) {
  const fields = typed();
  if (String(fields) !== sent) [key, sent] = [freshKey(), String(fields)];
  begin();
  if (token) fields.set(captcha.fields[0], token);
  const body = String(fields);
  for (let tried = 0; tried < 5; tried++) {
    const headers = { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": key };
    const signal = AbortSignal.timeout?.(20000); // A connection that hangs is one that failed.
    const response = await fetch(own("action"), { method: "POST", headers, body, credentials: "same-origin", signal }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (response?.ok && answer?.ticket) return accepted(answer);
    // Only a refusal in the server's own words is final; all else may pass, and the same key makes a resend safe.
    const ours = response?.headers.get("Content-Type")?.startsWith("application/problem+json");
    if (ours && answer && response.status < 500 && ![408, 429].includes(response.status)) return refused(answer);
    const asked = Number(response?.headers.get("Retry-After")) || 0;
    await new Promise((done) => setTimeout(done, 1000 * Math.min(60, Math.max(asked, 2 ** tried * (0.5 + Math.random())))));
  }
  say("error", words.noAnswer);
}

function clear() {
  for (const place of all(".error")) place.remove();
  for (const place of all(".wrong")) place.classList.remove("wrong");
  for (const field of all("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    describe(field, (ids) => ids.filter((id) => id !== `error-${field.id}`));
  }
}

function describe(field, change) {
  const ids = change((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)).join(" ");
  if (ids) field.setAttribute("aria-describedby", ids); else field.removeAttribute("aria-describedby");
}

// Says at each field what is wrong with it. What it gives back names the field, where there is one.
function mark(errors) {
  return errors.map(({ pointer, detail }) => {
    const name = pointer.split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
    const field = name && [...own("elements")].find((field) => field.name === name);
    if (!field) return { name, detail };
    const label = field.closest("fieldset")?.querySelector("legend") ?? field.labels?.[0];
    const id = `error-${field.id}`;
    const there = document.getElementById(id);
    if (there) {
      there.textContent += ` ${detail}`;
      return { name, detail, field, label };
    }
    const place = Object.assign(document.createElement("p"), { className: "error", id, textContent: detail });
    const box = !field.closest("fieldset") && field.closest(".choice");
    const beside = box || label || field;
    const next = beside.nextElementSibling;
    (next?.className === "hint" ? next : beside).after(place);
    field.closest(".field")?.classList.add("wrong");
    field.setAttribute("aria-invalid", "true");
    describe(field, (ids) => [...ids, id]);
    return { name, detail, field, label };
  });
}

function accepted({ ticket, status_url }) {
  own("reset").call(form);
  say("accepted", words.sent + " ");
  const link = Object.assign(document.createElement("a"), { href: new URL(status_url, own("action")), textContent: words.ticket });
  status.append(link);
  sent = undefined;
  arrived(ticket, link.href);
}

async function submit(event) {
  event.preventDefault();
  if (status.dataset.state === "sending") return;
  say("sending", words.sending);
  clear();
  // Without a token, as where the provider's script is blocked, it is sent all the same: a person will look at it first.
  await send(await captcha?.token().catch(() => null));
  // A token is good for one use. A widget that never came up has no other.
  try { captcha?.another(); } catch {}
}

const form = document.querySelector("main > form");
const captcha = "CAPTCHA";
"SEND"
const { words: said, redirect, fresh } = own("dataset");
const words = JSON.parse(said);
const [keyField] = all("[name=_idempotency]");
const { title } = document;
const place = `counterfoil ${location.pathname}`;

// What is typed outlives a page that is left, an error page of the browser, and a crash; in this tab alone. Where nothing may be
// stored it does not.
function remember() {
  try { sessionStorage.setItem(place, JSON.stringify({ key, sent, typed: [...typed()] })); } catch {}
}

function recall() {
  let draft;
  try { draft = JSON.parse(sessionStorage.getItem(place)); } catch {}
  if (!draft) return;
  ({ key, sent } = draft);
  const texts = {};
  for (const [name, text] of draft.typed) (texts[`=${name}`] ??= []).push(text);
  for (const field of own("elements")) {
    const known = texts[`=${field.name}`];
    if (field.type === "checkbox" || field.type === "radio") field.checked = known?.includes(field.value) ?? false;
    else if (known && "value" in field && field.type !== "hidden") field.value = known.shift() ?? "";
  }
}

// A page that shows what was typed, because it was refused or because its address filled it in, knows better than a draft.
if (fresh !== undefined) recall();
else [key, sent] = [keyField.value, String(typed())];
own("addEventListener").call(form, "input", remember);

function begin() {
  keyField.value = key;
  remember();
  document.getElementById("problems")?.remove();
  document.title = title;
}

// Whoever comes back finds an empty form, for something else, and the way to the ticket.
function arrived(ticket, address) {
  try { sessionStorage.removeItem(place); } catch {}
  keyField.value = freshKey();
  location.assign(redirect ? redirect.replaceAll("{ticket}", ticket) : address);
}

const element = (name, members, ...inner) => {
  const made = Object.assign(document.createElement(name), members);
  made.append(...inner);
  return made;
};

// As the server writes it for whoever runs no script.
function refused({ detail, title: what, errors = [] }) {
  say("refused", "");
  const lines = mark(errors).map(({ name, detail, field, label }) => {
    const shown = label?.firstChild.textContent ?? name;
    const line = shown ? shown.replace(/[:\uFF1A\s]+$/, "") + (/[?!.\u2026\uFF1F\uFF01\u3002\u061F]$/.test(shown) ? " " : words.colon) + detail : detail;
    return element("li", {}, field ? element("a", { href: `#${field.id}` }, line) : line);
  });
  const box = element("section", { id: "problems", tabIndex: -1 }, element("h2", { id: "problems-title" }, words.problems));
  box.setAttribute("role", "alert");
  box.setAttribute("aria-labelledby", "problems-title");
  box.append(lines.length ? element("ul", {}, ...lines) : element("p", {}, detail ?? what), element("p", {}, words.nothingLost));
  document.querySelector("main").prepend(box);
  document.title = words.error + title;
  box.focus();
}

// Last: where anything above is not known to the browser, it posts the form itself.
own("addEventListener").call(form, "submit", submit);

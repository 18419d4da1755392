const form = document.getElementById("FORM");
const words = "WORDS";
const captcha = "CAPTCHA";
"SEND"

function begin() {}

function arrived() {
  status.focus();
}

function refused({ detail, title, errors = [] }) {
  const marked = mark(errors);
  const elsewhere = marked.filter(({ field }) => !field).map(({ name, detail }) => `${name}: ${detail}`);
  const [first] = all("[aria-invalid]");
  say("refused", [first ? words.notSent : detail ?? title, ...elsewhere].join(" "));
  (first ?? status).focus();
}

// Last: where anything above is not known to the browser, it posts the form itself.
own("toggleAttribute").call(form, "novalidate", true); // One set of rules and words: the server's, all of them at once.
own("addEventListener").call(form, "submit", submit);

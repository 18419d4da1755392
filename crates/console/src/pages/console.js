// All that the console's pages do not do by themselves: the reader's own time, progress and news without reloading,
// copying and printing, and keys for a list.
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
function localize(root) {
  for (const time of root.querySelectorAll("time:not(.age)")) time.textContent = clock.format(new Date(time.dateTime));
}
localize(document);

const fresh = document.querySelector("[data-fresh]");
let known = "";
async function listen() {
  if (!document.hidden) {
    try {
      const answer = await fetch(fresh.dataset.fresh, { headers: { "if-none-match": known }, cache: "no-store" });
      if (answer.status === 200) {
        known = answer.headers.get("etag") ?? "";
        fresh.innerHTML = await answer.text();
      }
    } catch {
      // The console may be gone; what it showed is still true.
    }
  }
  setTimeout(listen, 5000);
}
if (fresh) setTimeout(listen, 5000);

// What is opened was seen. Looking alone changes nothing: this is a post, as the button beside it.
const see = document.querySelector("[data-see] form");
if (see) {
  const body = new URLSearchParams(new FormData(see));
  fetch(see.action, { method: "POST", body, redirect: "manual" }).then(() => see.parentElement.remove(), () => {});
}
for (const button of document.querySelectorAll(".scripted")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    if ("print" in button.dataset) return print();
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText);
    button.textContent = "Copied";
  });
}

const live = document.querySelector("[data-live]");

async function look() {
  try {
    const answer = await fetch(live.dataset.live, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const now = await answer.json();
    // Other buttons, or none: the page as the server has it now.
    if (now.state !== live.dataset.state || !now.moves) return location.reload();
    live.innerHTML = now.html;
    localize(live);
  } catch {
    // The console may be gone; the page keeps what it last knew.
  }
  setTimeout(look, 1000);
}
if (live) setTimeout(look, 1000);

const links = [...document.querySelectorAll("tbody .what > a:first-child, .inbox .open")];

function move(by) {
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea, summary")) return;
  const row = document.activeElement.closest("tr, .inbox > li");
  const beside = { j: "next", k: "prev", u: "up" }[event.key];
  const link = links.length === 0 && beside && document.querySelector(`.way [rel=${beside}]`);
  if (link) link.click();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") row?.querySelector("[type=checkbox]")?.click();
  else if (event.key === "/") document.querySelector("#filter")?.focus();
  else return;
  event.preventDefault();
});

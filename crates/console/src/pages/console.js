// All that the console's pages do not do by themselves: progress without reloading, and keys for a list.
const live = document.querySelector("[data-live]");

async function look() {
  try {
    const answer = await fetch(live.dataset.live, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const now = await answer.json();
    // Other buttons, or none: the page as the server has it now.
    if (now.state !== live.dataset.state || !now.moves) return location.reload();
    live.innerHTML = now.html;
  } catch {
    // The console may be gone; the page keeps what it last knew.
  }
  setTimeout(look, 1000);
}
if (live) setTimeout(look, 1000);

const links = [...document.querySelectorAll("tbody .what > a:first-child")];

function move(by) {
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const row = document.activeElement.closest("tr");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") row?.querySelector("[type=checkbox]")?.click();
  else if (event.key === "/") document.querySelector("#filter")?.focus();
  else return;
  event.preventDefault();
});

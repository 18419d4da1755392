// Times by the reader's clock; UTC stays in the title.
for (const time of document.querySelectorAll("time")) {
  const shown = { dateStyle: "medium", timeStyle: "short" };
  const at = new Date(time.dateTime);
  time.title = time.textContent;
  try { time.textContent = at.toLocaleString(document.documentElement.lang, shown); } catch { time.textContent = at.toLocaleString([], shown); }
}
const [copy, print] = document.querySelectorAll(".stub button");
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    copy.textContent = copy.dataset.done;
  });
}
print.hidden = false;
print.addEventListener("click", () => window.print());

{
  const form = document.currentScript.closest("form");
  const captcha = "CAPTCHA";
  let asked = false;
  // What is sent by a script asks nobody again.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asked) return;
    asked = true;
    const token = await captcha.token().catch(() => null);
    form.elements["FIELD"].value = token ?? "";
    form.submit();
  });
  // Whoever comes back by the browser's button may send again, with another one.
  addEventListener("pageshow", () => { asked = false; });
}

{
  const form = document.currentScript.closest("form");
  const captcha = "CAPTCHA";
  // A field called "submit" hides `form.submit`: a member is asked of the prototype.
  const own = (member) => Reflect.get(HTMLFormElement.prototype, member, form);
  let asked = false;
  // What is sent by a script asks nobody again.
  own("addEventListener").call(form, "submit", async (event) => {
    event.preventDefault();
    if (asked) return;
    asked = true;
    const token = await captcha.token().catch(() => null);
    own("elements").namedItem("FIELD").value = token ?? "";
    own("submit").call(form);
  });
  // Whoever comes back by the browser's button may send again, with another one.
  addEventListener("pageshow", () => { asked = false; });
}

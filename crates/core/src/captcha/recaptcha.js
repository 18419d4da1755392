({
  fields: "FIELDS",
  token: async () => new FormData(form).get("FIELD"),
  // Its widgets have their place in the page for a name.
  another: () => grecaptcha.reset([...document.querySelectorAll(".g-recaptcha")].indexOf(all(".g-recaptcha")[0])),
})

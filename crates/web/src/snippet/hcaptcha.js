({
  fields: "FIELDS",
  token: async () => new FormData(form).get("FIELD"),
  another: () => hcaptcha.reset(form.querySelector("[data-hcaptcha-widget-id]")?.dataset.hcaptchaWidgetId),
})

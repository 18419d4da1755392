({
  fields: "FIELDS",
  token: async () => new FormData(form).get("FIELD"),
  another: () => hcaptcha.reset(all("[data-hcaptcha-widget-id]")[0]?.dataset.hcaptchaWidgetId),
})

({
  fields: "FIELDS",
  // Each is made when it is asked for. A blocked script is not waited for.
  async token() {
    if (!globalThis.grecaptcha) return;
    const late = new Promise((done) => setTimeout(done, 5000));
    const ready = new Promise((done) => grecaptcha.ready(done));
    const made = ready.then(() => grecaptcha.execute("SITE_KEY", { action: "ACTION" }));
    return Promise.race([made, late]);
  },
  another() {},
})

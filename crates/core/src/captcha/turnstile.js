({
  fields: "FIELDS",
  // It makes a token by itself, in a moment. A blocked script is not waited for.
  async token() {
    for (let waited = 0; globalThis.turnstile && waited < 50; waited++) {
      const token = new FormData(form).get("FIELD");
      if (token) return token;
      await new Promise((done) => setTimeout(done, 100));
    }
  },
  another: () => turnstile.reset(all(".cf-turnstile")[0]),
})

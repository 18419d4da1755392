//! A pasted form that has a captcha, on a page whose policy lets in just what the pasted text says: with the provider's
//! script, without it, and without any.

use serde_json::Value;

use crate::browser::{Browser, Script};
use crate::captcha::Provider;
use crate::no_script::without_script;
use crate::server::{Home, Server, program};
use crate::site::Site;
use crate::wait::until;

const CAPTCHA: &str = "[captcha]\nprovider = \"turnstile\"\nsite_key = \"0x4\"\nsecret_env = \"TEST_CAPTCHA_SECRET\"\n\
    hosts = [\"example.org\"]\naction = \"contact\"\n";
const PROVIDER: &str = "https://challenges.cloudflare.com";
const SCRIPT: &str = "/turnstile/v0/api.js";

/// Does with the page what the provider's does: a token, a little later, in a hidden field; another on demand.
const FAKE: &str = r#"
    let made = 0;
    const make = (place) => setTimeout(() => { place.querySelector("input").value = `good${++made}`; }, 200);
    globalThis.turnstile = { reset(place) { place.querySelector("input").value = ""; make(place); } };
    for (const place of document.querySelectorAll(".cf-turnstile[data-sitekey='0x4'][data-action=contact]")) {
      place.append(Object.assign(document.createElement("input"), { type: "hidden", name: "cf-turnstile-response" }));
      make(place);
    }
"#;

struct Guarded {
    site: Site,
    home: Home,
    provider: Provider,
    _server: Server,
}

fn guarded(script: Option<&'static str>) -> Guarded {
    let (home, provider) = (Home::new(), Provider::start());
    let form = include_str!("../../forms/contact.toml");
    home.write_form("contact", &form.replacen("[schema]", &format!("{CAPTCHA}\n[schema]"), 1));
    let server =
        home.start_told(&[("TEST_CAPTCHA_SECRET", "s3cret"), ("COUNTERFOIL_CAPTCHA_URL", &provider.url())], &[]);
    let url = format!("http://{}", server.authority());
    let shown = program().args(["forms", "show", "contact", "--url", &url, "--forms"]).arg(home.forms()).output();
    let pasted = String::from_utf8(shown.unwrap().stdout).unwrap();
    Guarded { site: Site::with_script(page(&pasted), script), home, provider, _server: server }
}

/// The page's own site plays the provider's.
fn page(pasted: &str) -> String {
    let policy = pasted.split_once(":\n").unwrap().1.split_once("\n-->").unwrap().0;
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; {policy}\">\
         <title>Ours</title><main><h1>Ours</h1>\n{pasted}</main>"
    );
    assert!(page.contains(&format!("src=\"{PROVIDER}{SCRIPT}\"")), "{page}");
    page.replace(&format!("{PROVIDER}{SCRIPT}"), "/api.js").replace(PROVIDER, "'self'")
}

/// Every entry, once they are all settled, oldest first.
fn entries(guarded: &Guarded, count: usize) -> Vec<Value> {
    let list =
        || -> Vec<Value> { serde_json::from_str(&guarded.home.verb(&["submissions", "list", "--json"])).unwrap() };
    until("all are settled", || list().len() == count);
    list().into_iter().rev().collect()
}

fn send(browser: &Browser, email: &str) {
    browser.fill_contact("field-", email);
    browser.click("button[type=submit]");
}

#[test]
fn the_token_goes_along_and_a_refusal_and_an_acceptance_get_another() {
    let Some(browser) = Browser::open(Script::On) else { return };
    let guarded = guarded(Some(FAKE));
    browser.go(&guarded.site.url());
    send(&browser, "nobody");
    browser.until_there("#field-email[aria-invalid]");
    send(&browser, "ada@example.org");
    browser.until_there("[role=status][data-state=accepted] a");
    send(&browser, "grace@example.org");
    until("the second is accepted", || browser.value("#field-email").is_empty());
    let entries = entries(&guarded, 2);
    assert!(entries.iter().all(|entry| entry["state"] == "stored"), "{entries:?}");
    let asked = guarded.provider.questions();
    let token = |n: usize| asked[n].split('&').find_map(|pair| pair.strip_prefix("response=")).unwrap();
    assert_eq!((asked.len(), token(0), token(1)), (2, "good2", "good3"), "{asked:?}");
}

#[test]
fn where_the_providers_script_is_blocked_it_is_sent_all_the_same_and_held() {
    let Some(browser) = Browser::open(Script::On) else { return };
    let guarded = guarded(None);
    browser.go(&guarded.site.url());
    send(&browser, "ada@example.org");
    browser.until_there("[role=status][data-state=accepted] a");
    assert_eq!(entries(&guarded, 1)[0]["hold"], "captcha-missing");
}

#[test]
fn without_any_script_it_is_said_and_the_browser_sends_it_itself() {
    let Some(browser) = without_script() else { return };
    let guarded = guarded(Some(FAKE));
    browser.go(&guarded.site.url());
    assert!(browser.text("noscript").unwrap().contains("a person will look at it first"));
    send(&browser, "ada@example.org");
    browser.until_there(".stamp.held");
    assert_eq!(entries(&guarded, 1)[0]["hold"], "captcha-missing");
}

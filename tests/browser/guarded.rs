//! A pasted form that has a captcha, on a page whose policy lets in just what the pasted text says: with the provider's
//! script, without it, and without any.

use serde_json::Value;

use crate::browser::{Browser, Script};
use crate::captcha::Provider;
use crate::no_script::without_script;
use crate::server::{Machine, Server, program};
use crate::site::Site;
use crate::wait::until;

/// A provider as the page sees it.
struct Captcha {
    /// In the form's definition.
    keys: &'static str,
    script: &'static str,
    /// Does with the page what the provider's does: a token in a field or on demand, `good` and a number.
    fake: &'static str,
}

const TURNSTILE: Captcha = Captcha {
    keys: "provider = \"turnstile\"\naction = \"contact\"\n",
    script: "https://challenges.cloudflare.com/turnstile/v0/api.js",
    // A little later.
    fake: r#"
        let made = 0;
        const make = (place) => setTimeout(() => { place.querySelector("input").value = `good${++made}`; }, 200);
        globalThis.turnstile = { reset(place) { place.querySelector("input").value = ""; make(place); } };
        for (const place of document.querySelectorAll(".cf-turnstile[data-sitekey='0x4'][data-action=contact]")) {
          place.append(Object.assign(document.createElement("input"), { type: "hidden", name: "cf-turnstile-response" }));
          make(place);
        }
    "#,
};

const HCAPTCHA: Captcha = Captcha {
    keys: "provider = \"hcaptcha\"\n",
    script: "https://js.hcaptcha.com/1/api.js",
    // It answers to both names, and to its widget's own alone.
    fake: r#"
        let made = 0;
        const place = document.querySelector(".h-captcha[data-sitekey='0x4']");
        place.innerHTML = "<iframe data-hcaptcha-widget-id=w7 hidden></iframe><textarea name=g-recaptcha-response hidden>"
          + "</textarea><textarea name=h-captcha-response hidden></textarea>";
        const make = () => place.querySelectorAll("textarea").forEach((it) => { it.value = `good${made}`; });
        globalThis.hcaptcha = { reset(id) { if (id === "w7") { made++; make(); } } };
        hcaptcha.reset("w7");
    "#,
};

const BOX: Captcha = Captcha {
    keys: "provider = \"recaptcha\"\n",
    script: "https://www.google.com/recaptcha/api.js",
    fake: r#"
        let made = 0;
        const place = document.querySelector(".g-recaptcha[data-sitekey='0x4']");
        place.innerHTML = "<textarea name=g-recaptcha-response hidden></textarea>";
        globalThis.grecaptcha = { reset(id) { if (id === 0) place.firstChild.value = `good${++made}`; } };
        grecaptcha.reset(0);
    "#,
};

const SCORE: Captcha = Captcha {
    keys: "provider = \"recaptcha\"\naction = \"contact\"\n",
    script: "https://www.google.com/recaptcha/api.js?render=0x4",
    fake: r#"
        let made = 0;
        globalThis.grecaptcha = {
          ready: (then) => setTimeout(then, 100),
          execute: async (key, { action }) => key === "0x4" && action === "contact" ? `good${++made}` : "wrong",
        };
    "#,
};

/// Fields that hide the form's own members, which the scripts need.
const HIDING: &str = "
    [schema.properties.action]
    [schema.properties.addEventListener]
    [schema.properties.elements]
    [schema.properties.querySelector]
    [schema.properties.querySelectorAll]
    [schema.properties.reset]
    [schema.properties.submit]
";

struct Guarded {
    site: Site,
    home: Machine,
    provider: Provider,
    server: Server,
}

fn guarded(captcha: &Captcha, script: Option<&'static str>) -> Guarded {
    let (home, provider) = (Machine::new(), Provider::start());
    let form = include_str!("../../forms/contact.toml");
    let keys = captcha.keys;
    let table = format!(
        "[captcha]\n{keys}site_key = \"0x4\"\nsecret_env = \"TEST_CAPTCHA_SECRET\"\n\n[schema]"
    );
    home.write_form("contact", &(form.replacen("[schema]", &table, 1) + HIDING));
    let server = home.start_told(
        &[
            ("TEST_CAPTCHA_SECRET", "s3cret"),
            ("COUNTERFOIL_CAPTCHA_URL", &provider.url()),
        ],
        &[],
    );
    let url = format!("http://{}", server.authority());
    let shown = program()
        .args(["forms", "show", "contact", "--url", &url, "--forms"])
        .arg(home.forms())
        .output();
    let pasted = String::from_utf8(shown.unwrap().stdout).unwrap();
    Guarded {
        site: Site::with_script(page(&pasted, captcha.script), script),
        home,
        provider,
        server,
    }
}

/// The page's own site plays the provider's.
fn page(pasted: &str, script: &str) -> String {
    let policy = pasted
        .split_once(":\n")
        .unwrap()
        .1
        .split_once("\n-->")
        .unwrap()
        .0;
    let policy = policy.replace("script-src ", "script-src 'self' ");
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; {policy}\">\
         <title>Ours</title><main><h1>Ours</h1>\n{pasted}</main>"
    );
    assert!(page.contains(&format!("src=\"{script}\"")), "{page}");
    page.replace(
        script,
        &format!("/api.js{}", script.find('?').map_or("", |at| &script[at..])),
    )
}

/// Every entry, once they are all settled, oldest first.
fn entries(guarded: &Guarded, count: usize) -> Vec<Value> {
    let list = || -> Vec<Value> {
        serde_json::from_str(&guarded.home.verb(&["submissions", "list", "--json"])).unwrap()
    };
    until("all are settled", || list().len() == count);
    list().into_iter().rev().collect()
}

fn send(browser: &Browser, email: &str) {
    browser.fill_contact("field-", email);
    browser.click("button[type=submit]");
}

/// Refused, mended, accepted, and another one: their tokens, as the provider was asked about them.
fn tokens(captcha: &Captcha) -> Option<Vec<String>> {
    let browser = Browser::open(Script::On)?;
    let guarded = guarded(captcha, Some(captcha.fake));
    browser.go(&guarded.site.url());
    send(&browser, "nobody");
    browser.until_there("#field-email[aria-invalid]");
    send(&browser, "ada@example.org");
    browser.until_there("[role=status][data-state=accepted] a");
    send(&browser, "grace@example.org");
    until("the second is accepted", || {
        browser.value("#field-email").is_empty()
    });
    let entries = entries(&guarded, 2);
    assert!(
        entries.iter().all(|entry| entry["state"] == "stored"),
        "{entries:?}"
    );
    let asked = guarded.provider.questions();
    let token = |question: &String| {
        question
            .split('&')
            .find_map(|pair| pair.strip_prefix("response="))
            .unwrap()
            .into()
    };
    Some(asked.iter().map(token).collect())
}

/// The first went with what was refused.
fn check(captcha: &Captcha) {
    if let Some(tokens) = tokens(captcha) {
        assert_eq!(tokens, ["good2", "good3"]);
    }
}

#[test]
fn turnstiles_token_goes_along_and_a_refusal_and_an_acceptance_get_another() {
    check(&TURNSTILE);
}

#[test]
fn hcaptchas_token_goes_along_and_a_refusal_and_an_acceptance_get_another() {
    check(&HCAPTCHA);
}

#[test]
fn recaptchas_token_goes_along_and_a_refusal_and_an_acceptance_get_another() {
    check(&BOX);
}

#[test]
fn recaptcha_of_version_3_makes_a_token_for_each_post() {
    check(&SCORE);
}

/// The provider's own script cannot be had from here: what it leaves in the page is put there.
#[test]
fn the_hosted_page_makes_a_token_of_version_3_for_each_post() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let guarded = guarded(&SCORE, None);
    browser.go(&format!(
        "http://{}/forms/contact",
        guarded.server.authority()
    ));
    for (email, then) in [
        ("nobody", "#field-email[aria-invalid]"),
        ("ada@example.org", ".stamp.stored"),
    ] {
        browser.run(SCORE.fake);
        send(&browser, email);
        browser.until_there(then);
    }
    assert_eq!(entries(&guarded, 1)[0]["state"], "stored");
    assert!(
        guarded.provider.questions()[0].contains("response=good1"),
        "{:?}",
        guarded.provider.questions()
    );
}

#[test]
fn where_the_providers_script_is_blocked_it_is_sent_all_the_same_and_held() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let guarded = guarded(&TURNSTILE, None);
    browser.go(&guarded.site.url());
    send(&browser, "ada@example.org");
    browser.until_there("[role=status][data-state=accepted] a");
    assert_eq!(entries(&guarded, 1)[0]["hold"], "captcha-missing");
}

#[test]
fn without_any_script_it_is_said_and_the_browser_sends_it_itself() {
    let Some(browser) = without_script() else {
        return;
    };
    let guarded = guarded(&TURNSTILE, Some(TURNSTILE.fake));
    browser.go(&guarded.site.url());
    assert!(
        browser
            .text("noscript")
            .unwrap()
            .contains("a person will look at it first")
    );
    send(&browser, "ada@example.org");
    browser.until_there(".stamp.held");
    assert_eq!(entries(&guarded, 1)[0]["hold"], "captcha-missing");
}

//! Whether everyone can use the pages: names, ids, contrast in both colour schemes, a focus that can be seen.
//! Our own checks stand in `access.js` and run in the page; axe-core's rules for WCAG 2.2 AA run beside them.

use serde_json::json;

use crate::browser::{Browser, Script};
use crate::console::{self, some_letters};
use crate::planted::plant;
use crate::server::{Machine, Server};
use crate::site::Site;

/// Returns a list of complaints.
const CHECK: &str = include_str!("access.js");
/// A form with a control of every kind.
const EVERY_KIND: &str = include_str!("../../crates/web/examples/event.toml");
/// Where nobody listens: what it is owed waits, with a cause.
const RECEIVERS: &str = "[receivers.crm]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/hook\"\n\
                         secret_env = [\"CRM_SECRET\"]\nallow_private = [\"127.0.0.0/8\"]\n";
/// Any secret of the right kind.
const SECRET: (&str, &str) = ("CRM_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
/// More than any page has controls.
const MOST_TABS: usize = 60;

/// Everything that has pages.
pub(crate) struct Pages {
    server: Server,
    site: Site,
    _home: Machine,
}

impl Pages {
    pub(crate) fn new() -> Self {
        let home = Machine::new();
        home.write_form("event", EVERY_KIND);
        plant(&home, &some_letters());
        home.write_form("shut", include_str!("../http/forms/shut.toml"));
        let server = start_owing(&home);
        let site = Site::with_example(server.authority());
        Self {
            server,
            site,
            _home: home,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.authority())
    }
}

/// A server whose contact form tells a receiver that nobody is.
pub(crate) fn start_owing(home: &Machine) -> Server {
    let contact = include_str!("../../forms/contact.toml");
    home.write_form("contact", &format!("{contact}\n[[notify]]\nto = \"crm\"\n"));
    std::fs::write(home.forms().with_file_name("receivers.toml"), RECEIVERS).unwrap();
    home.start_told(&[SECRET], &[])
}

/// Brings the browser to every page in turn, each time calling `check` with the page's name.
pub(crate) fn visit(browser: &Browser, pages: &Pages, check: impl Fn(&str)) {
    for path in ["/", "/forms/contact", "/forms/event", "/no/such/page"] {
        browser.go(&pages.url(path));
        check(path);
    }
    for path in ["/forms/contact", "/forms/event"] {
        browser.go(&pages.url(path));
        browser.fill("#field-name", &"long".repeat(40));
        browser.fill("#field-email", "nobody");
        browser.click("button[type=submit]");
        browser.until_there("#problems");
        check(&format!("{path} with errors"));
    }
    browser.go(&pages.url("/forms/shut"));
    check("a closed form, in Chinese");
    browser.go(&pages.url("/forms/contact"));
    browser.fill_contact("field-", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    check("a ticket");
    visit_example(browser, pages, &check);
    console::visit(browser, &pages.server.console(), &check);
}

fn visit_example(browser: &Browser, pages: &Pages, check: &impl Fn(&str)) {
    browser.go(&pages.site.url());
    check("the static page");
    browser.fill_contact("", "nobody");
    browser.click("button[type=submit]");
    browser.until_there("#email[aria-invalid]");
    check("the static page with an error");
    browser.fill("#email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    check("the static page with a ticket");
}

fn check_in(scheme: &str) {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pages = Pages::new();
    let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    browser.devtools("Emulation.setEmulatedMedia", &media);
    visit(&browser, &pages, |page| {
        assert_eq!(
            browser.run(&format!(
                "return matchMedia('(prefers-color-scheme: {scheme})').matches"
            )),
            true
        );
        let complaints = browser.run(CHECK);
        assert_eq!(complaints, json!([]), "{page}, {scheme}: {complaints:#}");
        let complaints = crate::axe::complaints(&browser);
        assert_eq!(
            complaints,
            json!([]),
            "{page}, {scheme}, by axe: {complaints:#}"
        );
    });
}

#[test]
fn in_light_everything_has_a_name_and_can_be_read() {
    check_in("light");
}

#[test]
fn in_dark_everything_has_a_name_and_can_be_read() {
    check_in("dark");
}

#[test]
fn the_check_finds_what_is_wrong() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let bad = "<!DOCTYPE html><title>x</title><h1 style='color:#aaa'>Pale</h1><input><p id=a></p><p id=a></p>";
    let site = Site::with(bad.into());
    browser.go(&site.url());
    let complaints = browser.run(CHECK).to_string();
    for part in ["language", "contrast", "name", "twice"] {
        assert!(complaints.contains(part), "{part}: {complaints}");
    }
}

#[test]
fn axe_finds_what_is_wrong() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let site =
        Site::with("<!DOCTYPE html><title>x</title><h1 style='color:#aaa'>Pale</h1><input>".into());
    browser.go(&site.url());
    let complaints = crate::axe::complaints(&browser).to_string();
    let is_there = crate::given::variable("COUNTERFOIL_WITHOUT_AXE").is_none();
    for rule in ["html-has-lang", "color-contrast", "label"] {
        assert_eq!(complaints.contains(rule), is_there, "{rule}: {complaints}");
    }
}

#[test]
fn the_tab_key_reaches_every_control_and_shows_where_it_is() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pages = Pages::new();
    visit(&browser, &pages, |page| tab_through(&browser, page));
}

fn tab_through(browser: &Browser, page: &str) {
    browser.run("window.reached = new Set()");
    for _ in 0..MOST_TABS {
        browser.tab();
        let focus = browser.run(
            "const it = document.activeElement, style = getComputedStyle(it);
             const page = it === document.body;
             // Round once: a date has several places for the Tab key, and after the last control comes the page.
             const last = !page && window.reached.has(it) && it !== window.previous;
             window.reached.add(window.previous = it);
             return { last, what: it.outerHTML.slice(0, 120), hidden: !!it.closest('[aria-hidden=true]'),
                      seen: page || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };",
        );
        if focus["last"] == true {
            break;
        }
        assert!(
            focus["seen"] == true && focus["hidden"] == false,
            "{page}: {focus:#}"
        );
    }
    let missed = browser.run(
        "const all = [...document.querySelectorAll('a[href], button, input, select, textarea')];
         // One of a group of radio buttons takes the Tab key for all of them.
         const group = (it) => it.type === 'radio' && [...window.reached].some((other) => other.name === it.name);
         return all.filter((it) => it.checkVisibility() && it.tabIndex >= 0 && !window.reached.has(it) && !group(it))
             .map((it) => it.outerHTML);",
    );
    assert_eq!(missed, json!([]), "{page}: {missed:#}");
}

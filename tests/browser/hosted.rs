//! The hosted page where scripts run: nothing that is typed is lost, whatever becomes of the sending; and nothing is worse where
//! its script cannot do its work.

use serde_json::{Value, json};

use crate::browser::{Browser, Script};
use crate::port;
use crate::server::{Machine, Server};
use crate::wait::until;

/// Throws away this many answers of the server, after it gave them.
const LOSING: &str = "
    window.losing = 0;
    window.keys = [];
    const real = window.fetch;
    window.fetch = async (url, options) => {
        window.keys.push(options.headers['Idempotency-Key']);
        const response = await real(url, options);
        if (window.losing > 0) { window.losing -= 1; throw new TypeError('lost on the way'); }
        return response;
    };";

const FORM: &str = "main > form";

fn opened(before: Option<&str>) -> Option<Browser> {
    let browser = Browser::open(Script::On)?;
    if let Some(script) = before {
        browser.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({"source": script}),
        );
    }
    Some(browser)
}

fn page(server: &Server) -> String {
    format!("http://{}/forms/contact", server.authority())
}

/// A server that can be started again where it was, with its form filled in.
fn filled_in(browser: &Browser, home: &Machine, port: &str) -> Server {
    let server = home.start_with(&["--port", port]);
    browser.go(&page(&server));
    browser.fill_contact("field-", ADA[1]);
    server
}

fn send(browser: &Browser) {
    browser.click("button[type=submit]");
}

fn says(browser: &Browser, state: &str) {
    browser.until_there(&format!("[role=status][data-state={state}]"));
}

fn typed(browser: &Browser) -> [String; 3] {
    ["name", "email", "message"].map(|field| browser.value(&format!("#field-{field}")))
}

const ADA: [&str; 3] = [
    "Ada Lovelace",
    "ada@example.org",
    "Two\nlines & <b>signs</b>",
];

#[test]
fn a_mistake_is_told_on_the_page_and_the_way_back_leads_to_an_empty_form() {
    let Some(browser) = opened(None) else { return };
    let home = Machine::new();
    let server = home.start();
    browser.go(&page(&server));
    browser.fill_contact("field-", "nobody");
    send(&browser);
    browser.until_there("#problems");
    assert_eq!(
        (browser.focused().as_str(), browser.address()),
        ("problems", page(&server))
    );
    let title = browser.run("return document.title");
    assert_eq!(title, "Error: Contact us");
    let said = browser.text("#problems").unwrap();
    assert!(
        said.contains("E-mail: ") && said.contains("still below"),
        "{said}"
    );
    browser.click("#problems a");
    assert_eq!(browser.focused(), "field-email");
    assert!(
        browser.is_there(
            ".field.wrong #field-email[aria-invalid][aria-describedby~=error-field-email]"
        )
    );
    browser.fill("#field-email", "ada@example.org");
    send(&browser);
    browser.until_there(".stamp.stored");
    browser.run("history.back()");
    browser.until_there(FORM);
    until("the form is empty", || typed(&browser) == ["", "", ""]);
    assert!(!browser.is_there("#problems, .wrong, [aria-invalid]"));
    // It is ready for something else, which is another submission.
    browser.fill_contact("field-", "grace@example.org");
    send(&browser);
    browser.until_there(".stamp.stored");
    assert_eq!(home.kept().len(), 2);
}

#[test]
fn a_server_that_is_away_gets_the_message_once_when_it_is_back() {
    let Some(browser) = opened(Some(LOSING)) else {
        return;
    };
    let (home, port) = (Machine::new(), port::free().to_string());
    let server = filled_in(&browser, &home, &port);
    browser.run("window.losing = 1");
    assert!(server.stop().success());
    send(&browser);
    says(&browser, "sending");
    let _server = home.start_with(&["--port", &port]);
    until("it was tried again", || {
        browser.is_there(".stamp.stored") || {
            let keys = browser.run("return window.keys ?? []");
            let keys = keys.as_array().unwrap();
            assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
            false
        }
    });
    assert_eq!(home.kept().len(), 1);
}

#[test]
fn what_was_typed_outlives_an_error_page_of_the_browser_and_keeps_its_key() {
    let Some(browser) = opened(Some(LOSING)) else {
        return;
    };
    let (home, port) = (Machine::new(), port::free().to_string());
    let server = filled_in(&browser, &home, &port);
    // It is accepted, and the page is left before it hears of that.
    browser.run("window.losing = 9");
    send(&browser);
    until("it is accepted", || {
        browser.run("return window.losing") != 9
    });
    let address = page(&server);
    assert!(server.stop().success());
    let _ = browser.post("url", &json!({"url": address}));
    assert!(!browser.is_there(FORM), "the browser's own page");
    let _server = home.start_with(&["--port", &port]);
    browser.go(&address);
    assert_eq!(typed(&browser), ADA);
    send(&browser);
    browser.until_there(".stamp.stored");
    assert_eq!(
        home.kept().len(),
        1,
        "it is the submission that was accepted"
    );
}

#[test]
fn nothing_is_worse_where_nothing_may_be_stored_and_where_the_script_breaks() {
    let denied = "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied'); } });";
    let broken = "HTMLFormElement.prototype.addEventListener = null;";
    for script in [denied, broken] {
        let Some(browser) = opened(Some(script)) else {
            return;
        };
        let home = Machine::new();
        let server = home.start();
        browser.go(&page(&server));
        browser.fill_contact("field-", "nobody");
        send(&browser);
        browser.until_there("#problems");
        assert_eq!(browser.focused(), "problems", "{script}");
        assert_eq!(typed(&browser)[0], ADA[0]);
        browser.fill("#field-email", ADA[1]);
        send(&browser);
        browser.until_there(".stamp.stored");
        assert_eq!(home.kept().len(), 1, "{script}");
    }
}

#[test]
fn a_form_that_leads_elsewhere_leads_there_with_the_ticket() {
    let Some(browser) = opened(None) else { return };
    let home = Machine::new();
    let contact = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &format!("redirect = \"/?ticket={{ticket}}\"\n{contact}"),
    );
    let server = home.start();
    browser.go(&page(&server));
    browser.fill_contact("field-", ADA[1]);
    send(&browser);
    until("it leads on", || {
        browser.address().contains("/?ticket=contact.")
    });
}

#[test]
fn a_ticket_tells_times_by_the_readers_clock_and_can_be_copied() {
    let Some(browser) = opened(None) else { return };
    let home = Machine::new();
    let server = home.start();
    browser.devtools(
        "Emulation.setTimezoneOverride",
        &json!({"timezoneId": "Asia/Kathmandu"}),
    );
    let granted = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.devtools("Browser.grantPermissions", &granted);
    browser.go(&page(&server));
    browser.fill_contact("field-", ADA[1]);
    send(&browser);
    browser.until_there(".stamp.stored");
    let [shown, title, expected] = ["time.textContent", "time.title", "local"].map(|what| {
        let script = format!(
            "const [time] = document.querySelectorAll('time'); \
             const local = new Date(time.dateTime).toLocaleString('en', \
               {{dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Kathmandu'}}); return {what}"
        );
        browser.run(&script)
    });
    assert_eq!(shown, expected);
    assert!(title.as_str().unwrap().ends_with(" UTC"), "{title}");
    browser.click(".deeds button");
    until("it is copied", || {
        browser.text(".deeds button").as_deref() == Some("Copied")
    });
    let copied: Value = browser
        .post(
            "execute/async",
            &json!({"script": "navigator.clipboard.readText().then(arguments[0], String)", "args": []}),
        )
        .unwrap();
    assert_eq!(copied, browser.address());
}

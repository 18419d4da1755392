//! What a person does with a page, and sees on it. Nothing here needs the page's own scripts.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::wait::until;

/// WebDriver's name for an element's id in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// WebDriver's code point for the Tab key.
const TAB: &str = "\u{E004}";

impl Browser {
    pub(crate) fn go(&self, address: &str) {
        self.post("url", &json!({"url": address})).unwrap();
    }

    pub(crate) fn address(&self) -> String {
        self.get("url").unwrap().as_str().unwrap().to_owned()
    }

    /// The page as it is now, as HTML.
    pub(crate) fn source(&self) -> String {
        self.get("source").unwrap().as_str().unwrap().to_owned()
    }

    fn find(&self, css: &str) -> Result<String, String> {
        let found = self.post("element", &json!({"using": "css selector", "value": css}))?;
        Ok(found[ELEMENT].as_str().unwrap().to_owned())
    }

    pub(crate) fn click(&self, css: &str) {
        let element = self.find(css).unwrap();
        self.post(&format!("element/{element}/click"), &json!({}))
            .unwrap();
    }

    /// Types into a field, after whatever is in it.
    pub(crate) fn press(&self, css: &str, keys: &str) {
        let element = self.find(css).unwrap();
        self.post(&format!("element/{element}/value"), &json!({"text": keys}))
            .unwrap();
    }

    /// Empties a field and types into it.
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).unwrap();
        self.post(&format!("element/{element}/clear"), &json!({}))
            .unwrap();
        self.press(css, text);
    }

    /// Goes to the next control.
    pub(crate) fn tab(&self) {
        self.key(TAB);
    }

    /// Presses a key wherever the focus is.
    pub(crate) fn key(&self, key: &str) {
        self.post(
            "actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": [
                {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
            ]}]}),
        )
        .unwrap();
    }

    /// What can be read there; `None` while it is not there, or the page is just changing.
    pub(crate) fn text(&self, css: &str) -> Option<String> {
        let element = self.find(css).ok()?;
        Some(
            self.get(&format!("element/{element}/text"))
                .ok()?
                .as_str()?
                .to_owned(),
        )
    }

    /// A property of an element, such as a field's `value`.
    pub(crate) fn property(&self, css: &str, name: &str) -> Value {
        let element = self.find(css).unwrap();
        self.get(&format!("element/{element}/property/{name}"))
            .unwrap()
    }

    pub(crate) fn value(&self, css: &str) -> String {
        self.property(css, "value").as_str().unwrap().to_owned()
    }

    /// The id of what has the focus.
    pub(crate) fn focused(&self) -> String {
        let active = self.get("element/active").unwrap()[ELEMENT]
            .as_str()
            .unwrap()
            .to_owned();
        self.get(&format!("element/{active}/property/id"))
            .unwrap()
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn is_there(&self, css: &str) -> bool {
        self.find(css).is_ok()
    }

    /// Waits for an element, and says where the browser was if it never comes.
    pub(crate) fn until_there(&self, css: &str) {
        let mut turn = 0;
        until(&format!("{css} is in the page"), || {
            turn += 1;
            if turn % 500 == 0 {
                println!("no {css} yet: {}", self.text("body").unwrap_or_default());
            }
            self.is_there(css)
        });
    }

    /// Runs a script from outside the page; what it returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
            .unwrap()
    }

    /// The fields of the form `contact`, in our page and in the example, whose ids begin with `prefix`.
    pub(crate) fn fill_contact(&self, prefix: &str, email: &str) {
        self.fill(&format!("#{prefix}name"), "Ada Lovelace");
        self.fill(&format!("#{prefix}email"), email);
        self.fill(&format!("#{prefix}message"), "Two\nlines & <b>signs</b>");
    }
}

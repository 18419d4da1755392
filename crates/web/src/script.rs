//! The scripts of our pages. Each page works without its own, and each stands in the page, where its policy knows it by its
//! hash. Nothing in them is a form's but its captcha: words and addresses stand in the page as data.

use std::borrow::Cow;
use std::sync::LazyLock;

use counterfoil_core::Form;
use maud::{Markup, PreEscaped, html};

use crate::captcha;
use crate::hash::hash;

/// Sends a form and says what came of it; the two below say where.
const SEND: &str = include_str!("script/send.js");

/// A page's script: its text, and its hash as a policy names it.
#[derive(Clone)]
pub(crate) struct Script {
    /// The text.
    pub text: Cow<'static, str>,
    /// Its hash.
    pub hash: String,
}

impl Script {
    fn new(text: String) -> Self {
        Self {
            hash: hash(&text),
            text: text.into(),
        }
    }

    /// As it stands in a page. It runs when the page is whole.
    pub fn render(&self) -> Markup {
        html! { script type="module" { (PreEscaped(&self.text)) } }
    }
}

static HOSTED: LazyLock<Script> =
    LazyLock::new(|| Script::new(sending(include_str!("script/hosted.js"), "null")));

static TICKET: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("script/ticket.js").to_owned()));

/// The script of a form's page: it sends in the background, and keeps what was typed.
pub(crate) fn hosted(form: &Form) -> Cow<'static, Script> {
    if form.captcha.is_none() {
        return Cow::Borrowed(&HOSTED);
    }
    let text = sending(include_str!("script/hosted.js"), &captcha::tokens(form));
    Cow::Owned(Script::new(text))
}

/// The script of a ticket's page.
pub(crate) fn ticket() -> &'static Script {
    &TICKET
}

/// The script of a form that is pasted into a page of another site, before that form's own words are in it.
pub(crate) fn pasted(form: &Form) -> String {
    sending(include_str!("script/pasted.js"), &captcha::tokens(form))
}

fn sending(script: &str, captcha: &str) -> String {
    let script = script.replace("\"SEND\"\n", SEND);
    script.replace("\"CAPTCHA\"", captcha)
}

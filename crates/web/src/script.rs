//! The scripts of our pages. Each page works without its own, and each stands in the page, where its policy knows it by its
//! hash. Nothing in them is a form's but its captcha: words and addresses stand in the page as data.

use std::borrow::Cow;
use std::sync::LazyLock;

use counterfoil_core::Form;

use crate::captcha;
use crate::hash::hash;

/// Sends a form and says what came of it; the two below say where.
const SEND: &str = include_str!("script/send.js");

/// The script of a ticket's page.
pub(crate) const TICKET: &str = include_str!("script/ticket.js");

static HOSTED: LazyLock<String> = LazyLock::new(|| hosted_with("null"));

/// The script of a form's page: it sends in the background, and keeps what was typed.
pub(crate) fn hosted(form: &Form) -> Cow<'static, str> {
    match form.captcha {
        None => Cow::Borrowed(&HOSTED),
        Some(_) => hosted_with(&captcha::tokens(form)).into(),
    }
}

fn hosted_with(captcha: &str) -> String {
    sending(include_str!("script/hosted.js"), captcha)
}

static HOSTED_HASH: LazyLock<String> = LazyLock::new(|| hash(&HOSTED));

/// Its hash, as a policy names it.
pub(crate) fn hosted_hash(form: &Form) -> Cow<'static, str> {
    match form.captcha {
        None => Cow::Borrowed(&HOSTED_HASH),
        Some(_) => hash(&hosted(form)).into(),
    }
}

/// The hash of a ticket page's script.
pub(crate) fn ticket_hash() -> &'static str {
    static TICKET_HASH: LazyLock<String> = LazyLock::new(|| hash(TICKET));
    &TICKET_HASH
}

/// The script of a form that is pasted into a page of another site, before that form's own words are in it.
pub(crate) fn pasted(form: &Form) -> String {
    sending(include_str!("script/pasted.js"), &captcha::tokens(form))
}

fn sending(script: &str, captcha: &str) -> String {
    let script = script.replace("\"SEND\"\n", SEND);
    script.replace("\"CAPTCHA\"", captcha)
}

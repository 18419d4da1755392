//! The keys of the page and of who may post: each checked, with the mend in the message.

use toml::Spanned;

use super::Wrong;

pub(super) fn title(text: &Spanned<String>) -> Result<String, Wrong> {
    if text.get_ref().trim().is_empty() {
        return Err((text.span().start, "title: is empty; give the page's heading".into()));
    }
    Ok(text.get_ref().clone())
}

pub(super) fn language(tag: &Spanned<String>) -> Result<String, Wrong> {
    let ok = (2..=35).contains(&tag.get_ref().len())
        && tag.get_ref().split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if ok {
        Ok(tag.get_ref().clone())
    } else {
        Err((tag.span().start, "language: give a tag such as \"en\" or \"zh\"".into()))
    }
}

pub(super) fn days(days: &Spanned<u32>) -> Result<u32, Wrong> {
    match days.get_ref() {
        1..=36_500 => Ok(*days.get_ref()),
        _ => Err((days.span().start, "retention_days: give 1 to 36500, or leave it out to keep for ever".into())),
    }
}

pub(super) fn origin(text: &Spanned<String>) -> Result<String, Wrong> {
    let lower = text.get_ref().to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let plain =
        |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
    if host.is_some_and(plain) {
        return Ok(lower);
    }
    let mend = "origins: give scheme://host or scheme://host:port, with no path, such as \"https://example.org\"";
    Err((text.span().start, mend.into()))
}

pub(super) fn redirect(text: &Spanned<String>) -> Result<String, Wrong> {
    let target = text.get_ref();
    let host = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"));
    // The host is the form's alone: not even a ticket has a say in it.
    let absolute =
        host.and_then(|rest| rest.split(['/', '?', '#']).next()).is_some_and(|h| !h.is_empty() && !h.contains('{'));
    let path = target.starts_with('/') && !target.starts_with("//") && !target.contains('\\');
    let plain = target.bytes().all(|b| b.is_ascii_graphic());
    let braces = target.replace("{ticket}", "");
    if (absolute || path) && plain && !braces.contains(['{', '}']) {
        return Ok(target.clone());
    }
    let mend = "redirect: give a path (\"/thanks\") or an http(s) address; the one placeholder is {ticket}";
    Err((text.span().start, mend.into()))
}

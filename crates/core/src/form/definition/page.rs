//! The keys of the page and of who may post: each checked, with the mend in the message.

use toml::Spanned;

use super::Wrong;
use crate::form::NO_ORIGIN;
use crate::schema::Schema;

pub(super) fn title(text: &Spanned<String>) -> Result<String, Wrong> {
    if text.get_ref().trim().is_empty() {
        return Err((
            text.span().start,
            "title: is empty; give the page's heading".into(),
        ));
    }
    Ok(text.get_ref().clone())
}

pub(super) fn language(tag: &Spanned<String>) -> Result<String, Wrong> {
    let ok = (2..=35).contains(&tag.get_ref().len())
        && tag
            .get_ref()
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if ok {
        Ok(tag.get_ref().clone())
    } else {
        Err((
            tag.span().start,
            "language: give a tag such as \"en\" or \"zh\"".into(),
        ))
    }
}

pub(super) fn days(days: &Spanned<u32>) -> Result<u32, Wrong> {
    match days.get_ref() {
        1..=36_500 => Ok(*days.get_ref()),
        _ => Err((
            days.span().start,
            "retention_days: give 1 to 36500, or leave it out to keep for ever".into(),
        )),
    }
}

/// A name that a page sends and nobody types.
pub(super) fn ignored(name: &Spanned<String>, schema: &Schema) -> Result<String, Wrong> {
    let at = |mend: &str| (name.span().start, format!("ignore: {mend}"));
    match name.get_ref().as_str() {
        "" => Err(at("give the name of what the page sends")),
        field if schema.property(field).is_some() => Err(at(&format!(
            "{field} is a field of the form: nothing that people type there would be kept"
        ))),
        other => Ok(other.to_owned()),
    }
}

pub(super) fn origin(text: &Spanned<String>) -> Result<String, Wrong> {
    let mend = "origins: give scheme://host or scheme://host:port, with no path, such as \"https://example.org\"";
    if text.get_ref() == NO_ORIGIN {
        return Ok(NO_ORIGIN.to_owned());
    }
    as_sent(text.get_ref()).ok_or_else(|| (text.span().start, mend.into()))
}

/// An origin as a browser sends it: in lower case, and without its scheme's own port. `None`: no browser sends it.
pub(in crate::form) fn as_sent(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (scheme, rest) = lower.split_once("://")?;
    let own = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    // The colons of an IPv6 address are before its bracket.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (rest, None),
    };
    if !is_host(host) {
        return None;
    }
    let digits = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    match port {
        None | Some("") => Some(format!("{scheme}://{host}")),
        Some(port) if digits(port) => match port.parse::<u16>().ok()? {
            port if port == own => Some(format!("{scheme}://{host}")),
            port => Some(format!("{scheme}://{host}:{port}")),
        },
        Some(_) => None,
    }
}

fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<core::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
    }
}

pub(super) fn redirect(text: &Spanned<String>) -> Result<String, Wrong> {
    let target = text.get_ref();
    let host = target
        .strip_prefix("https://")
        .or_else(|| target.strip_prefix("http://"));
    // The host is the form's alone: not even a ticket has a say in it.
    let absolute = host
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .is_some_and(|h| !h.is_empty() && !h.contains('{'));
    let path = target.starts_with('/') && !target.starts_with("//") && !target.contains('\\');
    let plain = target.bytes().all(|b| b.is_ascii_graphic());
    let braces = target.replace("{ticket}", "");
    if (absolute || path) && plain && !braces.contains(['{', '}']) {
        return Ok(target.clone());
    }
    let mend = "redirect: give a whole address, such as \"https://example.org/thanks\"; the one placeholder is {ticket}";
    Err((text.span().start, mend.into()))
}

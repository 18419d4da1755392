//! What a mailbox needs: `[smtp]`, by which every mail leaves, and the keys of `kind = "mail"`.

use std::net::IpAddr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use super::secret::{Environment, SecretText, from_env};
use super::source::{Keys, Text, Wrong};
use crate::times::{Times, When};

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said to it is kept from others.
    pub security: SmtpSecurity,
    /// Who signs in, and with what. `None`: nobody does.
    pub sign_in: Option<(String, SecretText)>,
    /// Who mails to whoever submitted come from. `None`: they get none.
    pub from: Option<Mailbox>,
}

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte: `smtps://`, mostly port 465.
    Tls,
    /// It begins in the clear and must go over to TLS: `smtp://`, mostly port 587.
    StartTls,
    /// None: `smtp://…?tls=none`.
    Nothing,
}

/// A receiver that is told by mail.
#[derive(Clone, Debug)]
pub struct MailReceiver {
    /// Who it comes from.
    pub from: Mailbox,
    /// To whom: fixed in the file, and never what somebody submitted.
    pub to: Vec<Mailbox>,
    /// When.
    pub times: Times,
}

/// The keys of a mailbox.
pub(super) const KEYS: [&str; 6] = ["from", "to", "when", "at", "time_zone", "per_day"];

const URL: &str = "an address such as \"smtps://mail.example.org\" (TLS, port 465) or \"smtp://mail.example.org\" (STARTTLS, port 587)";

pub(super) fn smtp(keys: &Keys<'_, '_>, env: &Environment<'_>) -> Result<Smtp, Wrong> {
    keys.are_among(&["url", "user", "password_env", "from"])?;
    let url = keys.needed("url", URL)?;
    if url.text.contains('@') {
        let message = "holds a user or a password; give them in `user` and `password_env`";
        return Err(keys.wrong("url", message));
    }
    let bad = || keys.wrong("url", &format!("give {URL}"));
    let (security, host, port) = server(url.text).ok_or_else(bad)?;
    let user = keys.text("user", "the name that signs in, in quotes")?;
    let password = keys.text("password_env", "the name of an environment variable")?;
    let sign_in = match (user, password) {
        (None, None) => None,
        (Some(user), Some(variable)) => {
            let password = from_env(keys, "password_env", (variable, env))?;
            Some((user.text.to_owned(), password))
        }
        (Some(_), None) => return Err(keys.wrong("password_env", "is missing beside `user`")),
        (None, Some(_)) => return Err(keys.wrong("user", "is missing beside `password_env`")),
    };
    if security == SmtpSecurity::Nothing && sign_in.is_some() && !is_loopback(&host) {
        let message = "without TLS everybody on the way reads the password; take `?tls=none` away";
        return Err(keys.wrong("url", message));
    }
    let from = keys.text("from", "an address such as \"Forms <forms@example.org>\"")?;
    Ok(Smtp {
        from: from.map(|from| address(keys, "from", from)).transpose()?,
        host,
        port,
        security,
        sign_in,
    })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn server(url: &str) -> Option<(SmtpSecurity, String, u16)> {
    let (security, rest) = match (url.strip_prefix("smtps://"), url.strip_prefix("smtp://")) {
        (Some(rest), _) => (SmtpSecurity::Tls, rest),
        (None, Some(rest)) => match rest.strip_suffix("?tls=none") {
            Some(rest) => (SmtpSecurity::Nothing, rest),
            None => (SmtpSecurity::StartTls, rest),
        },
        (None, None) => return None,
    };
    let usual = match security {
        SmtpSecurity::Tls => 465,
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::Nothing => 25,
    };
    let authority: http::uri::Authority = rest.trim_end_matches('/').parse().ok()?;
    let host = authority.host().trim_matches(['[', ']']);
    let port = match authority.port() {
        Some(port) => port.as_str().parse().ok()?,
        None => usual,
    };
    (!host.is_empty()).then(|| (security, host.to_owned(), port))
}

pub(super) fn mailbox(keys: &Keys<'_, '_>) -> Result<MailReceiver, Wrong> {
    let who = "an address such as \"Forms <forms@example.org>\"";
    let from = address(keys, "from", keys.needed("from", who)?)?;
    let to = keys.texts(
        "to",
        "an address or a list, such as [\"owner@example.org\"]",
    )?;
    if to.is_empty() {
        return Err(keys.wrong(
            "to",
            "is missing; give an address such as \"owner@example.org\"",
        ));
    }
    let to = to.into_iter().map(|text| address(keys, "to", text));
    Ok(MailReceiver {
        from,
        to: to.collect::<Result<_, _>>()?,
        times: times(keys)?,
    })
}

fn address(keys: &Keys<'_, '_>, name: &str, written: Text<'_>) -> Result<Mailbox, Wrong> {
    let is_line = !written.text.contains(char::is_control);
    let read: Option<Mailbox> = written.text.parse().ok();
    read.filter(|_| is_line).ok_or_else(|| {
        let message =
            "give one address, such as \"owner@example.org\" or \"Forms <forms@example.org>\"";
        (written.at, keys.wrong(name, message).1)
    })
}

fn times(keys: &Keys<'_, '_>) -> Result<Times, Wrong> {
    let when = when(keys)?;
    let per_day = keys.number("per_day", "the most mails of a day, such as 50")?;
    if per_day.is_some() && when != When::AtOnce {
        let message = "goes with when = \"at-once\": a digest is one mail by itself";
        return Err(keys.wrong("per_day", message));
    }
    for name in ["at", "time_zone"] {
        if keys.has(name) && when == When::AtOnce && per_day.is_none() {
            let message = "says when a digest goes out, and there is none; write when = \"daily\", or a per_day";
            return Err(keys.wrong(name, message));
        }
    }
    if keys.has("at") && when == When::Hourly {
        return Err(keys.wrong(
            "at",
            "an hourly digest goes out at each full hour; take it away",
        ));
    }
    Ok(Times {
        when,
        at: time_of_day(keys)?,
        zone: zone(keys)?,
        per_day,
    })
}

fn when(keys: &Keys<'_, '_>) -> Result<When, Wrong> {
    let words = When::ALL.map(When::as_str);
    let give = format!("one of \"{}\"", words.join("\", \""));
    let Some(written) = keys.text("when", &give)? else {
        return Ok(When::AtOnce);
    };
    let mut all = When::ALL.into_iter();
    all.find(|when| when.as_str() == written.text)
        .ok_or_else(|| keys.wrong("when", &format!("give {give}")))
}

/// When a day begins where nothing else is written.
const MORNING: Time = Time::constant(8, 0, 0, 0);

fn time_of_day(keys: &Keys<'_, '_>) -> Result<Time, Wrong> {
    let give = "a time of day, such as \"08:00\"";
    let Some(written) = keys.text("at", give)? else {
        return Ok(MORNING);
    };
    let is_short = written.text.len() == "08:00".len();
    let read: Option<Time> = written.text.parse().ok();
    read.filter(|_| is_short)
        .ok_or_else(|| keys.wrong("at", &format!("give {give}")))
}

fn zone(keys: &Keys<'_, '_>) -> Result<TimeZone, Wrong> {
    let give = "a time zone, such as \"Europe/Vienna\"";
    match keys.text("time_zone", give)? {
        None => Ok(TimeZone::UTC),
        Some(written) => TimeZone::get(written.text)
            .map_err(|_| keys.wrong("time_zone", &format!("give {give}"))),
    }
}

//! A bounce: what a mail server sends back of a mail that it had taken (RFC 3464), read by whoever gets the mailbox of `from`.
//!
//! It comes from strangers. All that is believed of it is the id of a mail of ours, which only they know who handled that mail.

use counterfoil_core::Cause;
use mailparse::{MailHeaderMap, ParsedMail};

use crate::delivery::DeliveryId;
use crate::trouble::Trouble;

/// The most bytes of a message that are read.
pub const MOST_BYTES: u64 = 1 << 20;
/// How deep its parts are looked through.
const DEPTH: usize = 8;

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounce {
    /// A mail of ours will not arrive.
    Failed(DeliveryId, Cause),
    /// A mail of ours is late; its mail server goes on trying.
    Late(DeliveryId),
    /// It is a bounce of a mail that is none of ours.
    Foreign,
    /// It is no bounce: an answer, or an automatic one.
    None,
}

/// Reads a message as a mailbox holds it.
#[must_use]
pub fn read(message: &[u8]) -> Bounce {
    let Ok(mail) = mailparse::parse_mail(message) else {
        return Bounce::None;
    };
    let Some(report) = part(&mail, &["message/delivery-status"], DEPTH) else {
        return Bounce::None;
    };
    let report = report.get_body().unwrap_or_default();
    let Some(id) = mail_of_ours(&mail) else {
        return Bounce::Foreign;
    };
    let said = |name: &str| {
        let lines = report.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found
            .next()
            .map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let status = said("status").filter(|status| is_status(status));
    match said("action").as_deref() {
        Some("failed") => {
            let status = status.map_or_else(String::new, |status| format!(", {status}"));
            let detail = format!("the mail came back: it was not delivered{status}");
            Bounce::Failed(id, Trouble::Bounced.cause(detail))
        }
        Some("delayed") => Bounce::Late(id),
        // Delivered, relayed or expanded.
        Some(_) | None => Bounce::None,
    }
}

/// `5.1.1`: three numbers, and nothing that could say more.
fn is_status(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

/// The delivery whose mail came back: by the id in what is quoted of it, or that the report answers to.
fn mail_of_ours(mail: &ParsedMail<'_>) -> Option<DeliveryId> {
    let quoted = part(
        mail,
        &[
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
        ],
        DEPTH,
    );
    let quoted = quoted.and_then(|quoted| {
        let body = quoted.get_body_raw().ok()?;
        let (headers, _) = mailparse::parse_headers(&body).ok()?;
        headers.get_first_value("Message-ID")
    });
    let answered = ["In-Reply-To", "References"];
    let answered = answered
        .iter()
        .filter_map(|name| mail.headers.get_first_value(name));
    let mut all = quoted.into_iter().chain(answered);
    all.find_map(|ids| ids.split_whitespace().find_map(delivery))
}

/// The delivery that an id of a mail names: what [`message_id`](crate::mail::message_id) makes of one, read back.
fn delivery(id: &str) -> Option<DeliveryId> {
    let (left, _) = id
        .trim()
        .strip_prefix('<')?
        .strip_suffix('>')?
        .rsplit_once('@')?;
    let mut parts = left.split('.');
    let (form, submission) = (parts.next()?, parts.next()?);
    let (seq, receiver) = (parts.next()?, parts.next()?);
    let id = DeliveryId::parse(&format!("{form}/{submission}:{seq}/{receiver}"));
    id.filter(|_| parts.next().is_none())
}

fn part<'m, 'a>(
    mail: &'m ParsedMail<'a>,
    kinds: &[&str],
    depth: usize,
) -> Option<&'m ParsedMail<'a>> {
    let deeper = depth.checked_sub(1)?;
    if kinds.contains(&mail.ctype.mimetype.as_str()) {
        return Some(mail);
    }
    mail.subparts
        .iter()
        .find_map(|sub| part(sub, kinds, deeper))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "contact.01930000-0000-7abc-8def-0123456789ab.1.owner@example.org";

    /// As Postfix writes it.
    fn bounce(action: &str, status: &str, id: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example.org\r\nTo: forms@example.org\r\nSubject: Undelivered Mail\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nI'm sorry. <script>\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
             Final-Recipient: rfc822; owner@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 no such user: secret\r\n\r\n\
             --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{id}>\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n"
        )
    }

    #[test]
    fn a_bounce_names_the_delivery_that_came_back() {
        let expected = DeliveryId::parse("contact/01930000-0000-7abc-8def-0123456789ab:1/owner");
        let Bounce::Failed(id, cause) = read(bounce("failed", "5.1.1", ID).as_bytes()) else {
            panic!("it failed");
        };
        assert_eq!(
            (Some(id), cause.code.as_str()),
            (expected.clone(), "bounced")
        );
        assert_eq!(
            cause.detail,
            "the mail came back: it was not delivered, 5.1.1"
        );
        let late = read(bounce("delayed", "4.4.1", ID).as_bytes());
        assert_eq!(Some(late), expected.clone().map(Bounce::Late));
        // What a stranger writes in the place of a status is not believed.
        let Bounce::Failed(_, cause) = read(bounce("Failed", "5.1.1 <b>\u{1b}[2J", ID).as_bytes())
        else {
            panic!("it failed");
        };
        assert_eq!(cause.detail, "the mail came back: it was not delivered");
        // Of an alarm's mail, too.
        let alarm = ID.replace("contact", "_alarm");
        let Bounce::Failed(id, _) = read(bounce("failed", "5.0.0", &alarm).as_bytes()) else {
            panic!("it failed");
        };
        assert!(id.to_string().starts_with("_alarm/"), "{id}");
    }

    #[test]
    fn what_is_no_bounce_of_ours_changes_nothing() {
        for (action, id, expected) in [
            ("failed", "another@example.org", Bounce::Foreign),
            (
                "failed",
                "contact.nothing.1.owner@example.org",
                Bounce::Foreign,
            ),
            ("delivered", ID, Bounce::None),
            ("", ID, Bounce::None),
        ] {
            assert_eq!(
                read(bounce(action, "5.1.1", id).as_bytes()),
                expected,
                "{action} {id}"
            );
        }
        let answer = format!("From: a@example.org\r\nIn-Reply-To: <{ID}>\r\n\r\nOut of office");
        for message in [
            answer.as_bytes(),
            b"",
            b"\xff\xfe",
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b",
        ] {
            assert_eq!(read(message), Bounce::None);
        }
        // Parts in parts in parts.
        let mut deep = bounce("failed", "5.1.1", ID);
        for n in 0..50 {
            deep = format!(
                "Content-Type: multipart/mixed; boundary=d{n}\r\n\r\n--d{n}\r\n{deep}\r\n--d{n}--\r\n"
            );
        }
        assert_eq!(read(deep.as_bytes()), Bounce::None);
    }

    #[test]
    fn the_deepest_message_that_is_read_ends_nothing() {
        let mut deep = String::new();
        while deep.len() < usize::try_from(MOST_BYTES).unwrap() - 80 {
            deep.push_str("Content-Type: multipart/a; boundary=b\n\n--b\n");
        }
        assert_eq!(read(deep.as_bytes()), Bounce::None);
    }
}

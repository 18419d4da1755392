//! The record of each format: its names, its example, how it is asked for and what is said when it is wrong.

use super::checks::{is_date, is_date_time, is_email, is_time, is_web_address};
use super::{Format, Input, Record, Words};

pub(super) const EMAIL: Record = Record {
    other_names: &["idn-email"],
    check: Some(is_email),
    input: Input::Email,
    wrong: words(
        "Give an e-mail address, such as name@example.org.",
        "请填写有效的电子邮件地址，例如 name@example.org。",
    ),
    ..plain("email", "ada@example.org")
};

pub(super) const URI: Record = Record {
    other_names: &["url"],
    check: Some(is_web_address),
    input: Input::Url,
    wrong: NO_ADDRESS,
    ..plain("uri", "https://example.org/")
};

pub(super) const URI_REFERENCE: Record = plain("uri-reference", "/page");

pub(super) const IRI: Record = Record {
    check: Some(is_web_address),
    input: Input::Url,
    wrong: NO_ADDRESS,
    ..plain("iri", "https://example.org/")
};

pub(super) const IRI_REFERENCE: Record = plain("iri-reference", "/page");

pub(super) const URI_TEMPLATE: Record = plain("uri-template", "https://example.org/{page}");

pub(super) const DATE: Record = Record {
    check: Some(is_date),
    input: Input::Date,
    wrong: words(
        "Give a date, such as 2026-11-22.",
        "请填写有效的日期，例如 2026-11-22。",
    ),
    ..plain("date", "2026-11-22")
};

// `<input type=time>` sends no offset, and these two ask for one: such a page could never be sent. So they
// are typed as text, with a hint beside it.
pub(super) const TIME: Record = Record {
    wrong: words(
        "Give a time with its offset from UTC, such as 14:30:00Z.",
        "请填写有效的时间，例如 14:30:00+08:00。",
    ),
    hint: words(
        "With seconds and offset from UTC, such as 14:30:00Z or 14:30:00+02:00.",
        "请包含秒和时区，例如 14:30:00+08:00。",
    ),
    browsers_own: Some(Format::TimeLocal),
    ..plain("time", "14:30:00Z")
};

pub(super) const DATE_TIME: Record = Record {
    other_names: &["timestamp"],
    wrong: words(
        "Give a date and time with its offset from UTC, such as 2026-11-22T14:30:00Z.",
        "请填写有效的日期和时间，例如 2026-11-22T14:30:00+08:00。",
    ),
    hint: words(
        "With offset from UTC, such as 2026-11-22T14:30:00Z.",
        "请包含时区，例如 2026-11-22T14:30:00+08:00。",
    ),
    browsers_own: Some(Format::DateTimeLocal),
    ..plain("date-time", "2026-11-22T14:30:00Z")
};

pub(super) const DURATION: Record = Record {
    wrong: words(
        "Give a duration, such as P1DT2H.",
        "请填写有效的时长，例如 P1DT2H。",
    ),
    ..plain("duration", "P1DT2H")
};

pub(super) const TIME_LOCAL: Record = Record {
    check: Some(is_time),
    input: Input::Time,
    wrong: words(
        "Give a time, such as 14:30.",
        "请填写有效的时间，例如 14:30。",
    ),
    ..plain("time-local", "14:30")
};

pub(super) const DATE_TIME_LOCAL: Record = Record {
    other_names: &["datetime-local"],
    check: Some(is_date_time),
    input: Input::DateTime,
    wrong: words(
        "Give a date and time, such as 2026-11-22T14:30.",
        "请填写有效的日期和时间，例如 2026-11-22T14:30。",
    ),
    ..plain("date-time-local", "2026-11-22T14:30")
};

pub(super) const HOSTNAME: Record = Record {
    other_names: &["idn-hostname"],
    wrong: words(
        "Give a host name, such as www.example.org.",
        "请填写有效的主机名，例如 www.example.org。",
    ),
    ..plain("hostname", "www.example.org")
};

pub(super) const IPV4: Record = Record {
    wrong: words(
        "Give an IPv4 address, such as 192.0.2.1.",
        "请填写有效的 IPv4 地址，例如 192.0.2.1。",
    ),
    ..plain("ipv4", "192.0.2.1")
};

pub(super) const IPV6: Record = Record {
    wrong: words(
        "Give an IPv6 address, such as 2001:db8::1.",
        "请填写有效的 IPv6 地址，例如 2001:db8::1。",
    ),
    ..plain("ipv6", "2001:db8::1")
};

pub(super) const UUID: Record = Record {
    wrong: words(
        "Give a UUID, such as 0192f0c1-7d3a-7c01-b967-20b9e6ac9c06.",
        "请填写有效的 UUID。",
    ),
    ..plain("uuid", "0192f0c1-7d3a-7c01-b967-20b9e6ac9c06")
};

pub(super) const JSON_POINTER: Record = plain("json-pointer", "/page/0");

pub(super) const RELATIVE_JSON_POINTER: Record = plain("relative-json-pointer", "1/page");

pub(super) const REGEX: Record = plain("regex", "^[a-z]+$");

const NO_ADDRESS: Option<Words> = words(
    "Give a web address, such as https://example.org/page.",
    "请填写有效的网址，例如 https://example.org/page。",
);

/// A format that is typed as text, and of which nothing more is known.
const fn plain(name: &'static str, example: &'static str) -> Record {
    Record {
        name,
        other_names: &[],
        check: None,
        example,
        input: Input::Text,
        wrong: None,
        hint: None,
        browsers_own: None,
    }
}

const fn words(english: &'static str, chinese: &'static str) -> Option<Words> {
    Some(Words { english, chinese })
}

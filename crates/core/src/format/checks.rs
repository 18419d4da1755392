//! What a browser's control lets through, so that nothing is refused that it asks for: the rules of HTML for its e-mail, address
//! and time inputs, and internationalised addresses besides.

// A value, and no network: `core` has the same type as `std`.
use core::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

/// Schemes whose addresses run or show what is in them, wherever an owner opens them: no address of a web page.
const NO_PAGES: [&str; 5] = ["javascript", "data", "vbscript", "file", "blob"];
/// Schemes whose addresses have a host (URL Standard, 4.2).
const WITH_HOST: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];
/// Bytes of a label of a host's name (RFC 1035, 2.3.4); of one in another script, characters.
const MAX_LABEL: usize = 63;

/// An e-mail address as HTML defines it, or an internationalised one (RFC 6531), or with a quoted first part (RFC 5321).
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    (is_local(local) || (is_quoted(local) && domain.contains('.')))
        && domain.split('.').all(is_label)
}

fn is_local(text: &str) -> bool {
    let is_sign =
        |sign: char| sign.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(sign);
    !text.is_empty() && text.chars().all(|sign| is_sign(sign) || is_foreign(sign))
}

/// `"any text"`, with a backslash before a quote in it.
fn is_quoted(text: &str) -> bool {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
        return false;
    };
    let mut is_escaped = false;
    let is_whole = inner.chars().all(|sign| {
        let was_escaped = is_escaped;
        is_escaped = sign == '\\' && !was_escaped;
        !sign.is_control() && (sign != '"' || was_escaped)
    });
    is_whole && !is_escaped
}

fn is_label(text: &str) -> bool {
    // What IDNA takes for a dot is one only in a browser, which sends a dot.
    let is_dot = |sign: char| matches!(sign, '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{ff20}');
    let is_sign = |sign: char| {
        sign.is_ascii_alphanumeric() || sign == '-' || (is_foreign(sign) && !is_dot(sign))
    };
    (1..=MAX_LABEL).contains(&text.chars().count())
        && text.chars().all(is_sign)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A character of another script; none that cannot be seen, or that turns the text around it.
fn is_foreign(sign: char) -> bool {
    let is_hidden = matches!(sign, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !sign.is_ascii() && !sign.is_control() && !sign.is_whitespace() && !is_hidden
}

/// An absolute URL as the URL Standard reads it, and of a web page or another place that only leads somewhere.
pub(super) fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_edged = text.starts_with(' ') || text.ends_with(' ');
    if !is_scheme(scheme) || is_edged || text.chars().any(char::is_control) {
        return false;
    }
    let is_one_of = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(scheme));
    !is_one_of(&NO_PAGES) && (!is_one_of(&WITH_HOST) || has_host(rest))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Is there a host after the slashes, with a port that is one, if any?
fn has_host(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['/', '\\']);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let place = authority.rsplit_once('@').map_or(authority, |(_, at)| at);
    if let Some(inner) = place.strip_prefix('[') {
        let Some((address, port)) = inner.split_once(']') else {
            return false;
        };
        return address.parse::<Ipv6Addr>().is_ok() && is_port(port);
    }
    let (host, port) = match place.find(':') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    is_port(port) && is_host(host)
}

/// Nothing, or a colon and what may follow it.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        None => text.is_empty(),
        Some("") => true,
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        }
    }
}

fn is_host(text: &str) -> bool {
    let Ok(host) = percent_decode_str(text).decode_utf8() else {
        return false;
    };
    let is_forbidden = |sign: char| sign.is_control() || " #/:<>?@[\\]^|%".contains(sign);
    if host.is_empty() || host.chars().any(is_forbidden) {
        return false;
    }
    let parts: Vec<&str> = host.strip_suffix('.').unwrap_or(&host).split('.').collect();
    let ends_in_number = parts
        .last()
        .is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    !ends_in_number || is_ipv4(&parts)
}

/// One to four numbers, of which the last one fills what the others leave (URL Standard, 3.5).
fn is_ipv4(parts: &[&str]) -> bool {
    let numbers: Option<Vec<u64>> = parts.iter().map(|part| part.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() <= 4) else {
        return false;
    };
    let Some((last, first)) = numbers.split_last() else {
        return false;
    };
    let bits = 8 * (4 - first.len());
    first.iter().all(|number| *number < 256) && *last < 1 << bits
}

/// `2026-11-22`: a year of four digits or more, and a day that it has.
pub(super) fn is_date(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let (Some(day), Some(month), Some(year)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let Some(year) = digits(year, 4..=6) else {
        return false;
    };
    let (Some(month), Some(day)) = (digits(month, 2..=2), digits(day, 2..=2)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

/// The number that so many digits write.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let are_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (count.contains(&text.len()) && are_digits)
        .then(|| text.parse().ok())
        .flatten()
}

/// `14:30`, `14:30:00` or `14:30:00.250`: no offset from UTC, and the seconds left out when there are none.
pub(super) fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) if clock.len() == 8 => (clock, Some(fraction)),
        Some(_) => return false,
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let hours = parts.next().and_then(|part| digits(part, 2..=2));
    let minutes = parts.next().and_then(|part| digits(part, 2..=2));
    let seconds = parts.next().map_or(Some(0), |part| digits(part, 2..=2));
    hours.is_some_and(|hours| hours < 24)
        && [minutes, seconds]
            .iter()
            .all(|part| part.is_some_and(|part| part < 60))
        && parts.next().is_none()
        && fraction.is_none_or(|fraction| digits(fraction, 1..=3).is_some())
}

/// `2026-11-22T14:30`, or with seconds.
pub(super) fn is_date_time(text: &str) -> bool {
    let parts = text.split_once('T');
    parts.is_some_and(|(date, time)| is_date(date) && is_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_good: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(is_good(text), "{text}");
        }
        for text in bad {
            assert!(!is_good(text), "{text}");
        }
    }

    #[test]
    fn an_e_mail_address_is_what_the_control_takes_and_an_internationalised_one() {
        let long = format!("ada@{}.example", "x".repeat(64));
        check(
            is_email,
            &[
                "ada@example.org",
                "ada@localhost",
                "ada.@example.org",
                ".a..b@example.org",
                "a/b=c?d^e`{|}~@x-1.example",
                "jürgen@bücher.example",
                "用户@例子.公司",
                "अजय@डाटा.भारत",
                "\"ada lovelace\"@example.org",
            ],
            &[
                "",
                "ada",
                "@example.org",
                "ada@",
                "ada@@example.org",
                "ada@-x.example",
                "ada@x-.example",
                "ada@x..example",
                "ada@example.org.",
                "ada lovelace@example.org",
                "ada@exa mple.org",
                "ada@example.org ",
                "ada\n@example.org",
                "a\u{202e}da@example.org",
                "\"a\"b\"@example.org",
                "ada@example_1.org",
                "<ada@example.org>",
                &long,
            ],
        );
    }

    #[test]
    fn a_web_address_is_what_the_address_bar_gives_and_nothing_that_runs() {
        check(
            is_web_address,
            &[
                "https://example.org",
                "https://en.wikipedia.org/wiki/Søn",
                "https://zh.wikipedia.org/wiki/心形符號",
                "https://bücher.example/",
                "https://example.org/?q=a|b",
                "https://example.org/?a[]=1",
                "https://example.org/a b",
                "https://ada:secret@example.org:8443/x#y",
                "http://127.1/",
                "http://[::1]:8080/",
                "HTTP:example.org",
                "mailto:ada@example.org",
                "tel:+49-30-1",
                "urn:isbn:1",
            ],
            &[
                "",
                "example.org",
                "//example.org",
                "https://",
                "https:///",
                "https://exa mple.org/",
                "https://example.org:99999/",
                "https://example.org:x/",
                "https://1.2.3.4.5/",
                "https://256.1.1.1/",
                "https://[::1/",
                "https://a%20b/",
                " https://example.org/",
                "https://example.org/\n",
                "javascript:alert(1)",
                "JavaScript:alert(1)",
                "java\tscript:alert(1)",
                "data:text/html,x",
                "vbscript:x",
                "file:///etc/passwd",
                "blob:https://example.org/x",
                "1http://example.org",
            ],
        );
    }

    #[test]
    fn what_a_browser_sends_is_a_time() {
        check(
            is_time,
            &["00:00", "14:30", "23:59:59", "14:30:00.5", "14:30:00.125"],
            &[
                "",
                "24:00",
                "14:60",
                "14:30:60",
                "1:30",
                "14:30Z",
                "14:30:00+01:00",
                "14.30",
                "14:3",
                "14:30.5",
                "14:30:00.",
                "14:30:00.1234",
                "14:30:00:00",
                "１4:3",
            ],
        );
        check(
            is_date_time,
            &[
                "2024-02-29T14:30",
                "2026-11-22T14:30:00.250",
                "12026-01-01T00:00",
            ],
            &[
                "2023-02-29T14:30",
                "2024-02-29",
                "2024-02-29 14:30",
                "20240229T14:30",
                "T14:30",
                "0000-01-01T00:00",
            ],
        );
        check(
            is_date,
            &["2026-11-22", "2000-02-29", "0001-01-01", "275760-09-13"],
            &[
                "1900-02-29",
                "2026-13-01",
                "2026-00-01",
                "2026-11-31",
                "226-11-22",
                "2026-1-1",
            ],
        );
    }
}

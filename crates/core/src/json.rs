//! Reads a posted JSON object strictly: what serde_json would quietly mend (duplicate keys, lost digits)
//! is refused, and every limit holds before a value is built.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::rejection::{FieldError, FieldProblem, Oversize, Rejection};

/// Members in all, at whatever depth.
pub const MAX_FIELDS: usize = 200;
/// Elements of arrays in all: each costs memory that its two bytes do not show.
pub const MAX_ELEMENTS: usize = 10_000;
/// Bytes of a name.
pub const MAX_NAME: usize = 128;
/// Bytes of a text value.
pub const MAX_VALUE: usize = 64 * 1024;
/// Objects and arrays within each other, the outermost included.
pub const MAX_DEPTH: usize = 16;
/// Characters of a number as written: a double has at most 767 digits, and some are printed with all of them.
const MAX_NUMBER: usize = 800;
/// Values that could not be kept exactly, after which nobody reads on: each is told with its whole pointer.
const MAX_INEXACT: usize = 200;

/// Reads one JSON object.
///
/// Syntax, duplicate keys, depth and count are [`Rejection::Malformed`], sizes [`Rejection::TooLarge`], and
/// what could not be kept exactly (a number, U+0000) is [`Rejection::Invalid`] with all its places.
pub fn read_object(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    check_depth(text)?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    if !raw.get().starts_with('{') {
        return Err(malformed("the body is not one JSON object"));
    }
    let mut reader = Reader {
        members: 0,
        elements: 0,
        inexact: Vec::new(),
    };
    match reader.value(raw, "")? {
        Value::Object(fields) if reader.inexact.is_empty() => Ok(fields),
        _ => Err(Rejection::Invalid(reader.inexact)),
    }
}

/// Refuses what is nested too deep, in one pass: each level that is read has all below it read again. (What is no JSON
/// is refused either way.)
fn check_depth(text: &str) -> Result<(), Rejection> {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(malformed(&format!(
                "objects and arrays are more than {MAX_DEPTH} deep"
            )));
        }
    }
    Ok(())
}

struct Reader {
    members: usize,
    elements: usize,
    inexact: Vec<FieldError>,
}

impl Reader {
    fn value(&mut self, raw: &RawValue, pointer: &str) -> Result<Value, Rejection> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') => self.object(text, pointer),
            Some(b'[') => self.array(text, pointer),
            Some(b'"') => match serde_json::from_str(text) {
                Ok(text) => self.text(text, pointer),
                Err(_) if has_lone_surrogate(text) => {
                    self.note(pointer, FieldProblem::LoneSurrogate)?;
                    Ok(Value::Null)
                }
                Err(error) => Err(syntax(&error)),
            },
            Some(b'-' | b'0'..=b'9') => self.number(text, pointer),
            _ => serde_json::from_str(text).map_err(|error| syntax(&error)),
        }
    }

    fn object(&mut self, text: &str, pointer: &str) -> Result<Value, Rejection> {
        let mut seen = HashSet::new();
        let mut fields = Map::new();
        for (name, raw) in members(text)? {
            self.members += 1;
            if self.members > MAX_FIELDS {
                return Err(malformed(&format!(
                    "there are more than {MAX_FIELDS} fields"
                )));
            }
            check_name(&name)?;
            let pointer = child(pointer, &name);
            if name.contains('\0') {
                self.note(&pointer, FieldProblem::NulCharacter)?;
            }
            if !seen.insert(name.clone()) {
                return Err(malformed("a name appears twice in one object"));
            }
            let value = self.value(raw, &pointer)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn array(&mut self, text: &str, pointer: &str) -> Result<Value, Rejection> {
        let items = elements(text)?;
        self.elements += items.len();
        if self.elements > MAX_ELEMENTS {
            return Err(malformed(&format!(
                "there are more than {MAX_ELEMENTS} elements in arrays"
            )));
        }
        let items = items.into_iter().enumerate();
        let values = items.map(|(index, raw)| self.value(raw, &child(pointer, &index.to_string())));
        Ok(Value::Array(values.collect::<Result<_, _>>()?))
    }

    fn text(&mut self, text: String, pointer: &str) -> Result<Value, Rejection> {
        if text.len() > MAX_VALUE {
            return Err(Rejection::TooLarge {
                what: Oversize::Field,
                limit: MAX_VALUE,
            });
        }
        if text.contains('\0') {
            self.note(pointer, FieldProblem::NulCharacter)?;
        }
        Ok(Value::String(text))
    }

    fn note(&mut self, pointer: &str, problem: FieldProblem) -> Result<(), Rejection> {
        if self
            .inexact
            .last()
            .is_some_and(|last| last.pointer == pointer)
        {
            return Ok(()); // Its name and its text are wrong in one way.
        }
        self.inexact.push(FieldError {
            pointer: pointer.into(),
            problem,
        });
        if self.inexact.len() < MAX_INEXACT {
            Ok(())
        } else {
            Err(Rejection::Invalid(std::mem::take(&mut self.inexact)))
        }
    }

    fn number(&mut self, text: &str, pointer: &str) -> Result<Value, Rejection> {
        if text.len() > MAX_NUMBER {
            return Err(malformed(&format!(
                "a number has more than {MAX_NUMBER} characters"
            )));
        }
        let number = exact_number(text);
        if number.is_none() {
            self.note(pointer, FieldProblem::InexactNumber)?;
        }
        Ok(number.map_or(Value::Null, Value::Number))
    }
}

/// Does a text as JSON writes it escape half of a character?
fn has_lone_surrogate(text: &str) -> bool {
    let mut rest = text;
    let mut has_first = false;
    while let Some(at) = rest.find('\\') {
        has_first &= at == 0;
        let escape = &rest[at + 1..];
        let unit = escape.strip_prefix('u').and_then(|digits| digits.get(..4));
        let unit = unit.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match unit {
            Some(0xdc00..=0xdfff) if has_first => has_first = false,
            Some(0xdc00..=0xdfff) => return true,
            _ if has_first => return true,
            Some(0xd800..=0xdbff) => has_first = true,
            Some(_) | None => {}
        }
        let width = if unit.is_some() { 5 } else { 1 };
        rest = escape.get(width..).unwrap_or_default();
        if has_first && !rest.starts_with('\\') {
            return true;
        }
    }
    has_first
}

/// A name of a field: not empty, at most 128 bytes. One with U+0000 is told with its place, as a value with it is.
pub fn check_name(name: &str) -> Result<(), Rejection> {
    match name {
        "" => Err(malformed("a field has an empty name")),
        _ if name.len() > MAX_NAME => Err(Rejection::TooLarge {
            what: Oversize::Name,
            limit: MAX_NAME,
        }),
        _ => Ok(()),
    }
}

/// The number that `text` (JSON grammar) writes, if a double holds it exactly as written, or was printed like that: PHP, C and
/// iOS write 67.2 as 67.200000000000003, which is the double's own value to so many digits.
#[must_use]
pub fn exact_number(text: &str) -> Option<Number> {
    if text.len() <= 15
        && text != "-0"
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit())
    {
        // At most 15 digits always fit 53 bits.
        return text.parse::<i64>().ok().map(Number::from);
    }
    let double: f64 = text.parse().ok()?;
    let canonical = serde_json_canonicalizer::to_string(&double).ok()?;
    let written = decimal(text)?;
    if written != decimal(&canonical)? && written != decimal(&printed_like(text, double)?)? {
        return None;
    }
    serde_json::from_str(&canonical).ok()
}

/// The double with as many digits as `text` has. `None`: those of no number.
fn printed_like(text: &str, double: f64) -> Option<String> {
    let mantissa = text.split(['e', 'E']).next()?;
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let count = digits.skip_while(|digit| *digit == b'0').count();
    double
        .is_finite()
        .then(|| count.checked_sub(1))
        .flatten()
        .map(|after_the_point| format!("{double:.after_the_point$e}"))
}

/// Digits without leading and trailing zeros, and the power of ten after the last of them.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = whole
        .trim_start_matches('-')
        .chars()
        .chain(fraction.chars())
        .collect();
    let kept = digits.trim_end_matches('0');
    let power = exponent - i64::try_from(fraction.len()).ok()?
        + i64::try_from(digits.len() - kept.len()).ok()?;
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((mantissa.starts_with('-'), kept.to_owned(), power))
}

/// `pointer` and one more reference token (RFC 6901).
#[must_use]
pub fn child(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

fn malformed(detail: &str) -> Rejection {
    Rejection::Malformed(detail.into())
}

fn syntax(error: &serde_json::Error) -> Rejection {
    // Only the place: serde_json's own text may quote the input.
    Rejection::Malformed(format!(
        "this is not JSON from line {}, column {} on",
        error.line(),
        error.column()
    ))
}

fn members(text: &str) -> Result<Vec<(String, &RawValue)>, Rejection> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
                if members.len() > MAX_FIELDS {
                    // The caller refuses at this count: reading on would only build what is thrown away.
                    while map
                        .next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?
                        .is_some()
                    {}
                }
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(text)
        .deserialize_map(Members)
        .map_err(|error| syntax(&error))
}

fn elements(text: &str) -> Result<Vec<&RawValue>, Rejection> {
    struct Elements;
    impl<'de> Visitor<'de> for Elements {
        type Value = Vec<&'de RawValue>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = seq.next_element()? {
                elements.push(element);
                if elements.len() > MAX_ELEMENTS {
                    // The caller refuses at this count.
                    while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                }
            }
            Ok(elements)
        }
    }
    serde_json::Deserializer::from_str(text)
        .deserialize_seq(Elements)
        .map_err(|error| syntax(&error))
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

//! What the caller wants to read: a page when `Accept` names `text/html`, else JSON. `*/*` asks for no page,
//! because every program sends it.

use http::header::{ACCEPT, HeaderMap};

/// Is `text/html` named, wanted (`q` above 0), and no less than JSON is?
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let html = quality(headers, "text/html");
    html > 0 && html >= quality(headers, "application/json")
}

/// The `q` (in thousandths) of a media type that is named as itself; 0 when it is not named.
fn quality(headers: &HeaderMap, wanted: &str) -> u32 {
    let values = headers
        .get_all(ACCEPT)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(','));
    ranges
        .filter_map(|range| quality_of(range, wanted))
        .max()
        .unwrap_or(0)
}

fn quality_of(range: &str, wanted: &str) -> Option<u32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    // What is no number is read as if it were not there, as browsers' own mistakes are rarely about the page.
    Some(weight.map_or(1000, |text| thousandths(text).unwrap_or(1000)))
}

fn thousandths(text: &str) -> Option<u32> {
    let q: f32 = text.parse().ok()?;
    // Between 0 and 1000 after the clamp: the cast cannot lose anything.
    Some((q.clamp(0.0, 1.0) * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_page_is_for_who_names_it() {
        let cases = [
            ("text/html", true),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("TEXT/HTML ; q=0.1", true),
            ("application/json;q=0.5, text/html", true),
            ("text/html;q=0", false),
            ("text/html;q=0.000", false),
            ("application/json, text/html;q=0.9", false),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
            ("", false),
        ];
        for (accept, wanted) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wants_page(&headers), wanted, "{accept}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }
}

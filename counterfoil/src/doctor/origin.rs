//! Origins as browsers send them. Pure.

use http::Uri;

use super::finding::Finding;

/// Without the scheme's own port.
pub(super) fn as_browsers_send(origin: &str) -> String {
    let port = if origin.starts_with("https://") {
        ":443"
    } else {
        ":80"
    };
    origin.strip_suffix(port).unwrap_or(origin).to_owned()
}

/// What is said when that is not what was given.
pub(super) fn rewritten(given: &str, sent: &str) -> Option<Finding> {
    (given != sent).then(|| {
        Finding::Note(format!(
            "browsers leave their scheme's own port out: a page of {given} sends {sent}, which is what `origins` has to list"
        ))
    })
}

/// The origin of a page at this address.
pub(super) fn own(url: &Uri) -> String {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let origin = format!("{}://{authority}", url.scheme_str().unwrap_or_default());
    as_browsers_send(&origin.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schemes_own_port_is_left_out_and_any_other_is_kept() {
        for (given, sent) in [
            ("https://example.org", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("http://example.org:443", "http://example.org:443"),
            ("https://example.org:80", "https://example.org:80"),
            ("https://[::1]:443", "https://[::1]"),
            ("https://[::443]", "https://[::443]"),
        ] {
            assert_eq!(as_browsers_send(given), sent);
            assert_eq!(rewritten(given, sent).is_some(), given != sent, "{given}");
        }
        assert_eq!(
            own(&Uri::from_static("https://Forms.Example.org:443/forms/x")),
            "https://forms.example.org"
        );
        assert_eq!(
            own(&Uri::from_static("http://127.0.0.1:8080/forms/x")),
            "http://127.0.0.1:8080"
        );
    }
}

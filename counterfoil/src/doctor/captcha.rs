//! What can be known of a form's captcha from outside, and what cannot. Pure: a page in, findings out.

use counterfoil_web::captcha_in;

use super::finding::Finding;
use super::judge::Reply;

/// Nothing of a form without one. `origin`: of the page that posts.
pub(super) fn captcha(page: &Reply, origin: &str) -> Vec<Finding> {
    let text = String::from_utf8_lossy(&page.body);
    let Some(provider) = captcha_in(&text).filter(|_| page.status == 200) else {
        return Vec::new();
    };
    let host = host(origin);
    vec![
        Finding::Note(format!(
            "the form has a captcha ({}): the page needs its widget and script, as `counterfoil forms show` prints them",
            provider.as_str()
        )),
        Finding::Note(
            "a post without a token is not refused: it is held as captcha-missing, for a person. The post above was none \
             such, because it submits nothing"
                .into(),
        ),
        Finding::Unchecked(format!(
            "whether {host} is among the form's `captcha.hosts`, which nobody is told outside: if the form lists any, \
             it has to be (else: held as captcha-foreign)"
        )),
        Finding::Unchecked(format!("whether {} lets {host} use the site key, and whether the secret fits", provider.record().company)),
    ]
}

/// As `captcha.hosts` has it: no scheme, no port.
fn host(origin: &str) -> &str {
    let authority = origin
        .split_once("://")
        .map_or(origin, |(_, authority)| authority);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_scheme_and_no_port() {
        for (origin, expected) in [
            ("https://example.org", "example.org"),
            ("http://example.org:8080", "example.org"),
            ("http://[::1]:8080", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host(origin), expected);
        }
    }
}

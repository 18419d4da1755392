//! The Content-Security-Policy: the pages may show themselves and post to us, and nothing else.

use std::borrow::Cow;
use std::sync::LazyLock;

use counterfoil_core::Form;

use crate::captcha;
use crate::hash::hash;
use crate::layout::STYLE;
use crate::script;

static POLICY: LazyLock<String> = LazyLock::new(|| policy("'self'", "'self'"));

/// The header's value for every page that is of no form.
#[must_use]
pub fn content_security_policy() -> &'static str {
    &POLICY
}

/// The header's value for the refusals of a form. Where its page may be framed, they may.
#[must_use]
pub fn page_policy(form: &Form) -> Cow<'static, str> {
    if form.framed {
        policy("'self'", &framers(form)).into()
    } else {
        content_security_policy().into()
    }
}

/// The header's value for a ticket's page. `form` is `None` when the form was removed since.
#[must_use]
pub fn ticket_page_policy(form: Option<&Form>) -> String {
    let policy = form.map_or_else(|| content_security_policy().into(), page_policy);
    format!("{policy}; script-src {}", script::ticket_hash())
}

/// Whose pages may frame those of a form.
fn framers(form: &Form) -> String {
    // A host that a policy cannot write is left out: its whole scheme would be everybody.
    let all = form.framers().filter_map(source);
    let all = all.filter(|source| source.contains("//"));
    all.fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"))
}

/// The header's value for a form's page: it runs its script, which asks nobody but us. Chromium holds the redirect that answers
/// a post against `form-action` too, so the origin the form redirects to has to be in it.
#[must_use]
pub fn form_page_policy(form: &Form) -> String {
    let framers = framers(form);
    let policy = match form.redirect.as_deref().and_then(source) {
        Some(source) => policy(&format!("'self' {source}"), &framers),
        None => policy("'self'", &framers),
    };
    let own = vec![
        ("script-src", script::hosted_hash(form).into_owned()),
        ("connect-src", "'self'".to_owned()),
    ];
    let all = with_captcha(own, form);
    let all = all.iter();
    all.fold(policy, |policy, (directive, sources)| {
        format!("{policy}; {directive} {sources}")
    })
}

/// These directives, with what a form's captcha has to load.
fn with_captcha(
    mut needs: Vec<(&'static str, String)>,
    form: &Form,
) -> Vec<(&'static str, String)> {
    for (directive, sources) in captcha::sources(form) {
        match needs.iter_mut().find(|(own, _)| *own == directive) {
            Some((_, own)) => *own = format!("{own} {sources}"),
            None => needs.push((directive, sources.to_owned())),
        }
    }
    needs
}

/// What a form that is pasted into a page brings along itself.
pub(crate) struct Own<'a> {
    /// The text of its script.
    pub script: &'a str,
    /// The text of its style sheet.
    pub style: Option<&'a str>,
    /// The one style attribute in it.
    pub attribute: Option<&'a str>,
}

/// What a page of another site has to let in for a form that is pasted into it: what it brings along, the server at `base`,
/// where the form leads afterwards, and a captcha's provider.
pub(crate) fn pasted_policy(form: &Form, base: &str, own: &Own<'_>) -> String {
    let server = source(base).unwrap_or_default();
    let to = [
        Some(server.clone()),
        form.redirect.as_deref().and_then(source),
    ];
    let mut needs = vec![("script-src", hash(own.script)), ("connect-src", server)];
    needs.push((
        "form-action",
        to.into_iter().flatten().collect::<Vec<_>>().join(" "),
    ));
    needs.extend(own.style.map(|style| ("style-src", hash(style))));
    let attribute = own.attribute;
    needs.extend(
        attribute.map(|style| ("style-src-attr", format!("'unsafe-hashes' {}", hash(style)))),
    );
    with_captcha(needs, form)
        .into_iter()
        .map(|(directive, sources)| format!("{directive} {sources}"))
        .collect::<Vec<_>>()
        .join("; ")
}

fn policy(form_action: &str, framers: &str) -> String {
    let style = hash(STYLE);
    format!(
        "default-src 'none'; style-src {style}; img-src data:; form-action {form_action}; \
         base-uri 'none'; frame-ancestors {framers}"
    )
}

/// The origin of an absolute address. A host that a policy cannot write (IPv6, a placeholder) widens to its
/// scheme: a form that works beats a narrower list.
fn source(redirect: &str) -> Option<String> {
    let (scheme, rest) = redirect
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let plain = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
    Some(if plain {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}:")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::form;

    fn check(redirect: Option<&str>, form_action: &str) {
        let mut form = form();
        form.redirect = redirect.map(str::to_owned);
        let policy = form_page_policy(&form);
        assert!(
            policy.contains(&format!("; form-action {form_action}; ")),
            "{redirect:?}: {policy}"
        );
    }

    #[test]
    fn a_form_may_be_answered_from_its_redirect_and_nowhere_else() {
        check(None, "'self'");
        check(Some("/thanks?t={ticket}"), "'self'");
        check(
            Some("https://example.org/thanks?t={ticket}"),
            "'self' https://example.org",
        );
        check(
            Some("http://localhost:3000"),
            "'self' http://localhost:3000",
        );
        check(Some("https://[::1]:8/x"), "'self' https:");
        check(Some("https://a.org;script-src/x"), "'self' https:");
        assert!(content_security_policy().contains("; form-action 'self'; "));
    }

    #[test]
    fn the_pages_of_a_framed_form_may_be_framed_by_its_origins_alone() {
        let mut form = form();
        form.origins = vec![
            "https://example.org".into(),
            "null".into(),
            "http://[::1]:8000".into(),
        ];
        let closed = "; frame-ancestors 'self'";
        let ends = |form: &Form, end: &str| {
            let [own, led] = [form_page_policy(form), page_policy(form).into_owned()];
            assert!(own.contains(&format!("{end}; script-src")), "{own}");
            assert!(led.ends_with(end), "{led}");
            assert!(
                ticket_page_policy(Some(form)).starts_with(&format!("{led}; script-src 'sha256-"))
            );
        };
        ends(&form, closed);
        form.framed = true;
        ends(&form, "; frame-ancestors 'self' https://example.org");
        form.origins.clear();
        ends(&form, closed);
    }

    #[test]
    fn the_policy_knows_the_stylesheet_as_it_stands_in_the_page() {
        let page = crate::problem_page("en", "Gone", "It is gone.", None);
        let style = page
            .split_once("<style>")
            .unwrap()
            .1
            .split_once("</style>")
            .unwrap()
            .0;
        assert!(content_security_policy().contains(&format!("style-src {}", hash(style))));
        assert!(style.len() < 8 * 1024, "{} bytes", style.len());
    }
}

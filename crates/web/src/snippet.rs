//! A form to paste into a page of another site: the same controls as the hosted page's, and a short script. Without
//! the script the browser posts it all the same. All of it is ASCII: a page that says no charset is read in another than
//! ours.

mod ascii;

use counterfoil_core::Form;
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use crate::captcha;
use crate::control::Shown;
use crate::direction::direction;
use crate::field::fields;
use crate::form_page::honeypot;
use crate::policy::{Own, pasted_policy};
use crate::script;
use crate::texts::Texts;
use crate::typed::Typed;

/// Optional: for a page that has no style of its own for forms.
const STYLE: &str = include_str!("snippet/style.css");

/// Off the screen.
const AWAY: &str = "position:absolute;left:-99rem";

/// The form as HTML, posting to the server at `base` (`https://forms.example.org`, no slash at the end). The page that it is
/// pasted into styles it.
#[must_use]
pub fn snippet(form: &Form, base: &str) -> String {
    pasted(form, base, None)
}

/// The form with a small style sheet, which any rule of the page overrides.
#[must_use]
pub fn styled_snippet(form: &Form, base: &str) -> String {
    // `:where` has no weight of its own.
    let own = format!(":where(#{})", id(form));
    pasted(
        form,
        base,
        Some(&format!("\n{}", STYLE.replace("FORM", &own))),
    )
}

fn id(form: &Form) -> String {
    format!("form-{}", form.id)
}

fn pasted(form: &Form, base: &str, style: Option<&str>) -> String {
    let texts = Texts::in_language(&form.language);
    let fields = fields(form);
    let shown = fields.iter().map(|field| {
        let problems = Vec::new();
        Shown {
            field,
            typed: Typed(&[]),
            problems,
            texts,
        }
        .render()
    });
    let trap = form.honeypot.as_deref().map(|name| trap(name, texts));
    let lines: Vec<Markup> = shown.chain(trap).collect();
    let id = id(form);
    let action = format!("{base}/forms/{}", form.id);
    let html = html! {
        form id=(id) action=(action) method="post" accept-charset="utf-8" lang=(form.language) dir=[direction(&form.language)] {
            @for line in &lines { (PreEscaped("\n  ")) (line) }
            @if form.captcha.is_some() { (PreEscaped("\n  ")) (captcha::captcha(form)) }
            (PreEscaped("\n  ")) button type="submit" { (form.button.as_deref().unwrap_or(texts.send)) }
            (PreEscaped("\n  ")) p role="status" tabindex="-1" {}
            (PreEscaped("\n"))
        }
    };
    // Before the policy, which has its hash.
    let script = ascii::script(&format!("\n{}", script(form, &id, texts)));
    let own = Own {
        script: &script,
        style,
        attribute: form.honeypot.as_ref().map(|_| AWAY),
    };
    let policy = pasted_policy(form, base, &own);
    let said = format!(
        "<!-- If the page has a Content-Security-Policy, it needs this in it too:\n{policy}\n-->"
    );
    let style = style.map_or_else(String::new, |style| format!("<style>{style}</style>\n"));
    format!(
        "{said}\n{style}{}\n<script type=\"module\">{script}</script>\n",
        ascii::html(&html.into_string())
    )
}

/// Hidden by a style of its own: the page it is pasted into has no class for it.
fn trap(name: &str, texts: &Texts) -> Markup {
    html! { div style=(AWAY) aria-hidden="true" { (honeypot(name, texts)) } }
}

fn script(form: &Form, id: &str, texts: &Texts) -> String {
    let sent = form.thanks.as_deref().unwrap_or(texts.sent);
    let words = json!({
        "sending": texts.sending, "sent": sent, "notSent": texts.not_sent, "noAnswer": texts.no_answer_yet,
        "ticket": texts.your_ticket,
    });
    // Nothing in an owner's words ends the script.
    let words = words.to_string().replace('<', "\\u003c");
    let script = script::pasted(form).replace("\"FORM\"", &format!("\"{id}\""));
    script.replace("\"WORDS\"", &words)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use counterfoil_core::captcha::{CaptchaProvider, WidgetActions};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::testing::{form, form_in};

    #[test]
    fn every_field_is_in_it_and_it_posts_to_the_server() {
        let form = form();
        let pasted = snippet(&form, "https://forms.example.org");
        assert!(
            pasted.contains("action=\"https://forms.example.org/forms/event\" method=\"post\""),
            "{pasted}"
        );
        for (name, _) in form.schema.properties() {
            assert!(pasted.contains(&format!("name=\"{name}\"")), "{name}");
        }
        for part in [
            "name=\"website\" tabindex=\"-1\"",
            "getElementById(\"form-event\")",
            "role=\"status\"",
        ] {
            assert!(pasted.contains(part), "{part}\n{pasted}");
        }
        assert!(
            !pasted.contains("name=\"_idempotency\""),
            "a key that everyone pastes would be everyone's"
        );
        assert!(
            !pasted.contains("\"WORDS\"") && pasted.contains("const captcha = null;"),
            "{pasted}"
        );
    }

    #[test]
    fn it_says_what_a_policy_has_to_let_in() {
        let mut form = form();
        form.redirect = Some("https://example.org/thanks".into());
        let pasted = snippet(&form, "https://forms.example.org/below");
        let policy = pasted
            .split_once(":\n")
            .unwrap()
            .1
            .split_once("\n-->")
            .unwrap()
            .0;
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        let script = pasted
            .split_once("<script type=\"module\">")
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap()
            .0;
        let away = hash("position:absolute;left:-99rem");
        let expected = format!(
            "script-src 'sha256-{}'; connect-src https://forms.example.org; form-action https://forms.example.org \
             https://example.org; style-src-attr 'unsafe-hashes' 'sha256-{away}'",
            hash(script)
        );
        assert_eq!(policy, expected);
    }

    #[test]
    fn it_speaks_the_forms_language_in_ascii_alone() {
        let mut form = form_in("zh");
        form.button = Some("好 😀".into());
        form.thanks = None;
        let pasted = snippet(&form, "https://forms.example.org");
        assert!(pasted.is_ascii(), "{pasted}");
        let thanks: String = "谢谢，我们已经收到。"
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        for part in ["lang=\"zh\"", &thanks, ">&#x597d; &#x1f600;</button>"] {
            assert!(pasted.contains(part), "{part}\n{pasted}");
        }
    }

    #[test]
    fn it_thanks_in_the_owners_words_and_none_of_them_ends_the_script() {
        let mut form = form();
        form.thanks = Some("Done </script><!-- \"WORDS\" \"CAPTCHA\"".into());
        let pasted = snippet(&form, "https://forms.example.org");
        assert!(
            pasted.contains(r#""sent":"Done \u003c/script>\u003c!-- \"WORDS\" \"CAPTCHA\"""#),
            "{pasted}"
        );
        assert_eq!(pasted.matches("</script>").count(), 1);
    }

    #[test]
    fn a_style_sheet_is_there_where_it_is_wanted_and_weighs_nothing() {
        let form = form();
        assert!(!snippet(&form, "https://forms.example.org").contains("<style>"));
        let styled = styled_snippet(&form, "https://forms.example.org");
        let (_, rest) = styled.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        assert!(
            styled.contains(&format!("; style-src 'sha256-{hash}'")),
            "{styled}"
        );
        assert!(
            styled.is_ascii() && style.len() < 2048,
            "{} bytes",
            style.len()
        );
        let rules = style.trim().lines();
        let scoped = |rule: &str| {
            let selectors = rule.split_once(" {").unwrap().0.split(", FORM");
            selectors.count() == 1 && rule.starts_with(":where(#form-event)")
        };
        for rule in rules {
            assert!(scoped(rule), "{rule}");
        }
    }

    /// A field called as one of them is stands in its place.
    #[test]
    fn no_script_of_ours_asks_a_form_for_its_members_by_name() {
        let own = [
            script::pasted(&form()),
            script::hosted(&form()).into_owned(),
        ];
        let captchas = CaptchaProvider::ALL.into_iter().flat_map(|provider| {
            let record = provider.record();
            let by_script = if let WidgetActions::ByScript { token, .. } = record.actions {
                Some(token)
            } else {
                None
            };
            by_script.into_iter().chain([record.token])
        });
        let example = include_str!("../../../examples/static-page/index.html");
        for script in captchas
            .chain(own.iter().map(String::as_str))
            .chain([example])
        {
            for line in script
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
            {
                let mut words = line.split(|one: char| !one.is_alphanumeric() && one != '.');
                assert!(!words.any(|word| word.starts_with("form.")), "{line}");
            }
        }
    }
}

//! A captcha on a form's page: its provider's own script, and what the page's policy has to let in for it. Nobody else's
//! page loads anything from anybody.

use counterfoil_core::Form;
use counterfoil_core::captcha::{Captcha, CaptchaProvider, WidgetActions};
use maud::{Markup, html};
use serde_json::json;

/// The captcha of a form that has one. Without it the post waits for a person, which the page says to whoever has no
/// script.
pub(crate) fn captcha(form: &Form) -> Markup {
    html! {
        @if let Some(captcha) = &form.captcha {
            @if let Some(scored) = scored(captcha) {
                (loaded(&scored, form))
            } @else {
                (element(captcha))
                (hint(form))
                script src=(captcha.provider.record().script) async defer {}
            }
        }
    }
}

/// What a page loads for a captcha that shows nothing by itself.
fn loaded(scored: &Scored<'_>, form: &Form) -> Markup {
    html! {
        (hint(form))
        script src=(scored.script) async defer {}
    }
}

/// Whose captcha a hosted page shows, read from outside. What people wrote is escaped there and cannot look like one.
#[must_use]
pub fn captcha_in(page: &str) -> Option<CaptchaProvider> {
    CaptchaProvider::ALL
        .into_iter()
        .find(|one| page.contains(&format!("<script src=\"{}", one.record().script)))
}

fn element(
    Captcha {
        provider,
        site_key,
        action,
        ..
    }: &Captcha,
) -> Markup {
    html! { div class=(provider.record().class) data-sitekey=(site_key) data-action=[action.as_deref()] {} }
}

fn hint(form: &Form) -> Markup {
    html! { noscript { p.hint { (without(&form.language)) } } }
}

/// What its script knows of the captcha: a JavaScript object, or `null`.
pub(crate) fn tokens(form: &Form) -> String {
    let Some(captcha) = &form.captcha else {
        return "null".into();
    };
    let record = captcha.provider.record();
    let own = record.token_field;
    let fields: Vec<&str> = std::iter::once(own)
        .chain(record.other_fields.iter().copied())
        .collect();
    let by_script = scored(captcha).map(|Scored { action, token, .. }| {
        let script = token.replace("\"SITE_KEY\"", &json!(captcha.site_key).to_string());
        script.replace("\"ACTION\"", &json!(action).to_string())
    });
    let script = by_script.unwrap_or_else(|| record.token.to_owned());
    script
        .replace("\"FIELDS\"", &json!(fields).to_string())
        .replace("\"FIELD\"", &json!(own).to_string())
        .trim_end()
        .to_owned()
}

/// A captcha that shows nothing, as reCAPTCHA v3 does: a script asks for each of its tokens.
struct Scored<'a> {
    action: &'a str,
    /// The address of the provider's script, with the site key in it.
    script: String,
    /// A JavaScript object by which a script gets tokens.
    token: &'static str,
}

fn scored(captcha: &Captcha) -> Option<Scored<'_>> {
    let record = captcha.provider.record();
    match record.actions {
        WidgetActions::ByScript { query, token } => {
            let script = format!("{}{query}{}", record.script, captcha.site_key);
            Some(Scored {
                action: captcha.action.as_deref()?,
                script,
                token,
            })
        }
        WidgetActions::Unknown | WidgetActions::OnTheElement => None,
    }
}

/// What a page with the form on it may load besides itself: (directive, sources).
pub(crate) fn sources(form: &Form) -> Vec<(&'static str, &'static str)> {
    let Some(captcha) = &form.captcha else {
        return Vec::new();
    };
    let record = captcha.provider.record();
    let asks = record.connect_src.map(|asks| ("connect-src", asks));
    [
        ("script-src", record.script_src),
        ("frame-src", record.frame_src),
    ]
    .into_iter()
    .chain(asks)
    .collect()
}

fn without(language: &str) -> &'static str {
    let primary = language.split('-').next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("zh") {
        "没有脚本也可以提交：会先由人工查看，再继续处理。"
    } else {
        "You can send this without a script: a person will look at it first."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::form;

    fn with(provider: CaptchaProvider) -> Form {
        let mut form = form();
        let (site_key, secret_env) = ("0x4-key".to_owned(), "SECRET_ENV".to_owned());
        form.captcha = Some(Captcha {
            provider,
            site_key,
            action: Some("contact".into()),
            hosts: Vec::new(),
            secret_env,
        });
        form
    }

    #[test]
    fn a_form_with_a_captcha_shows_it_and_its_policy_lets_in_that_script_alone() {
        for provider in CaptchaProvider::ALL {
            let form = with(provider);
            let shown = captcha(&form).into_string();
            // What knows actions is asked for them, some by a script alone.
            let by_script = matches!(provider.record().actions, WidgetActions::ByScript { .. });
            assert!(
                by_script || shown.contains(r#"data-sitekey="0x4-key" data-action="contact""#),
                "{shown}"
            );
            assert!(
                shown.contains("<noscript>") && !shown.contains("SECRET_ENV"),
                "{shown}"
            );
            let script = shown
                .split_once("src=\"")
                .unwrap()
                .1
                .split_once('"')
                .unwrap()
                .0;
            let host = script
                .strip_prefix("https://")
                .unwrap()
                .split('/')
                .next()
                .unwrap();
            let policy = crate::form_page_policy(&form);
            let scripts = policy
                .split("; ")
                .find(|part| part.starts_with("script-src "))
                .unwrap();
            let site = host.split_once('.').unwrap().1;
            assert!(
                scripts.contains(&format!("https://{host}"))
                    || scripts.contains(&format!("*.{site}")),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(captcha_in(&shown), Some(provider));
        }
    }

    #[test]
    fn its_script_finds_the_token_where_the_worker_does() {
        for provider in CaptchaProvider::ALL {
            let form = with(provider);
            let tokens = tokens(&form);
            assert!(
                tokens.contains(&format!("fields: [\"{}\"", provider.record().token_field)),
                "{tokens}"
            );
            for other in provider.record().other_fields {
                assert!(tokens.contains(&format!(",\"{other}\"")), "{tokens}");
            }
            for placeholder in ["FIELD", "SITE_KEY", "ACTION"] {
                assert!(!tokens.contains(placeholder), "{tokens}");
            }
        }
    }

    #[test]
    fn a_recaptcha_with_an_action_is_one_of_version_3_where_a_script_can_ask_it() {
        let mut form = with(CaptchaProvider::Recaptcha);
        let (shown, asked) = (captcha(&form).into_string(), tokens(&form));
        assert!(
            shown.contains("api.js?render=0x4-key\"") && !shown.contains("<div"),
            "{shown}"
        );
        assert!(
            asked.contains(r#"execute("0x4-key", { action: "contact" })"#),
            "{asked}"
        );
        form.captcha.as_mut().unwrap().action = None;
        let (shown, asked) = (captcha(&form).into_string(), tokens(&form));
        assert!(
            shown.contains("class=\"g-recaptcha\"") && asked.contains("grecaptcha.reset("),
            "{shown} {asked}"
        );
    }

    #[test]
    fn the_hosted_pages_script_asks_for_tokens_and_its_policy_knows_it() {
        for provider in CaptchaProvider::ALL {
            let form = with(provider);
            let script = crate::script::hosted(&form);
            assert!(script.contains(&tokens(&form)), "{script}");
            let policy = crate::form_page_policy(&form);
            assert!(
                policy.contains(&format!(
                    "script-src {} https://",
                    crate::script::hosted_hash(&form)
                )),
                "{policy}"
            );
            assert_eq!(policy.matches("connect-src").count(), 1, "{policy}");
        }
    }

    #[test]
    fn a_form_without_one_loads_nothing_from_anybody() {
        let form = form();
        assert_eq!(captcha(&form).into_string(), "");
        assert_eq!(
            (sources(&form), tokens(&form).as_str()),
            (Vec::new(), "null")
        );
        assert_eq!(
            captcha_in("&lt;div class=\"cf-turnstile\" data-sitekey=\"x\">"),
            None
        );
        assert!(!crate::form_page_policy(&form).contains("https:"));
    }

    #[test]
    fn whoever_has_no_script_is_told_in_their_language() {
        let mut form = with(CaptchaProvider::Turnstile);
        assert!(
            captcha(&form)
                .into_string()
                .contains("a person will look at it first")
        );
        form.language = "zh-CN".into();
        assert!(captcha(&form).into_string().contains("人工"));
    }
}

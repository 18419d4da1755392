//! A captcha on a form's page: its provider's own script, and what the page's policy has to let in for it. Nobody else's
//! page loads anything from anybody.

use counterfoil_core::Form;
use counterfoil_core::form::{Captcha, CaptchaProvider};
use maud::{Markup, html};

/// What a provider's script needs.
struct Needs {
    script: &'static str,
    /// The element that the script turns into the captcha.
    class: &'static str,
    /// What the policy lets in, as the providers' own documentation lists it.
    policy: &'static str,
}

const fn needs(provider: CaptchaProvider) -> Needs {
    match provider {
        CaptchaProvider::Turnstile => Needs {
            script: "https://challenges.cloudflare.com/turnstile/v0/api.js",
            class: "cf-turnstile",
            policy: "; script-src https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com",
        },
        CaptchaProvider::Hcaptcha => Needs {
            script: "https://js.hcaptcha.com/1/api.js",
            class: "h-captcha",
            policy: "; script-src https://hcaptcha.com https://*.hcaptcha.com; \
                     frame-src https://hcaptcha.com https://*.hcaptcha.com; \
                     connect-src https://hcaptcha.com https://*.hcaptcha.com",
        },
        CaptchaProvider::Recaptcha => Needs {
            script: "https://www.google.com/recaptcha/api.js",
            class: "g-recaptcha",
            policy: "; script-src https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/; \
                     frame-src https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
        },
    }
}

/// The captcha of a form that has one. Without it the post waits for a person, which the page says to whoever has no
/// script.
pub(crate) fn captcha(form: &Form) -> Markup {
    html! {
        @if let Some(Captcha { provider, site_key, action, .. }) = &form.captcha {
            @let needs = needs(*provider);
            div class=(needs.class) data-sitekey=(site_key) data-action=[action.as_deref()] {}
            noscript { p.hint { (without(&form.language)) } }
            script src=(needs.script) async defer {}
        }
    }
}

/// What a form's page may load besides itself, for its policy.
pub(crate) fn sources(form: &Form) -> &'static str {
    form.captcha.as_ref().map_or("", |captcha| needs(captcha.provider).policy)
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
        form.captcha =
            Some(Captcha { provider, site_key, action: Some("contact".into()), hosts: Vec::new(), secret_env });
        form
    }

    #[test]
    fn a_form_with_a_captcha_shows_it_and_its_policy_lets_in_that_script_alone() {
        for provider in [CaptchaProvider::Turnstile, CaptchaProvider::Hcaptcha, CaptchaProvider::Recaptcha] {
            let form = with(provider);
            let shown = captcha(&form).into_string();
            assert!(shown.contains(r#"data-sitekey="0x4-key""#) && shown.contains("<noscript>"), "{shown}");
            assert!(shown.contains(r#"data-action="contact""#) && !shown.contains("SECRET_ENV"), "{shown}");
            let script = shown.split_once("src=\"").unwrap().1.split_once('"').unwrap().0;
            let host = script.strip_prefix("https://").unwrap().split('/').next().unwrap();
            let policy = crate::form_page_policy(&form);
            let scripts = policy.split("; ").find(|part| part.starts_with("script-src ")).unwrap();
            let site = host.split_once('.').unwrap().1;
            assert!(scripts.contains(&format!("https://{host}")) || scripts.contains(&format!("*.{site}")), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
    }

    #[test]
    fn a_form_without_one_loads_nothing_from_anybody() {
        let form = form();
        assert_eq!((captcha(&form).into_string().as_str(), sources(&form)), ("", ""));
        assert!(!crate::form_page_policy(&form).contains("script-src"));
    }

    #[test]
    fn whoever_has_no_script_is_told_in_their_language() {
        let mut form = with(CaptchaProvider::Turnstile);
        assert!(captcha(&form).into_string().contains("a person will look at it first"));
        form.language = "zh-CN".into();
        assert!(captcha(&form).into_string().contains("人工"));
    }
}

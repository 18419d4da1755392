//! Captchas, and whoever runs them. All that differs from one provider to the next is a [`Record`] in a file of its own
//! in this folder: its word in a form's file, its addresses, its fields and its scripts. So another provider is such a
//! file, a case of [`CaptchaProvider`] with its line in `record`, and a line in `docs/forms.md`; the compiler and the
//! tests below say what is missing.

mod hcaptcha;
mod recaptcha;
mod turnstile;

use serde::Deserialize;

/// Who tells people from programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptchaProvider {
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha.
    Hcaptcha,
    /// Google reCAPTCHA.
    Recaptcha,
}

/// All that is particular to a provider.
#[derive(Debug)]
pub struct Record {
    /// The word in a form's file.
    pub name: &'static str,
    /// Who runs it, as people call them.
    pub company: &'static str,
    /// Where it is asked about a token. It is fixed here: nothing that is submitted, and no form, chooses it.
    pub verify: &'static str,
    /// What it is told beyond the secret and the token.
    pub told: Told,
    /// Below this score it takes a visitor for a program; `None` where its score decides nothing.
    pub least_score: Option<f64>,
    /// What it makes of an action.
    pub actions: WidgetActions,
    /// The field in which its script posts a token. It is not one of the form's own.
    pub token_field: &'static str,
    /// The other fields that its script adds to a post.
    pub other_fields: &'static [&'static str],
    /// The address of its script.
    pub script: &'static str,
    /// The class of the element that the script turns into the captcha.
    pub class: &'static str,
    /// Whose scripts a page's policy has to let in. These hosts are those that its documentation lists.
    pub script_src: &'static str,
    /// Whose frames.
    pub frame_src: &'static str,
    /// Whom the script itself asks from the page.
    pub connect_src: Option<&'static str>,
    /// A JavaScript object by which a pasted form's script gets a token, and another one. `"FIELDS"` stands for the names
    /// of all its fields, `"FIELD"` for the token's.
    pub token: &'static str,
}

/// What a provider is told about a token beyond the token, by the name of the parameter.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// The submission's id, which makes it the same question however often it is asked.
    SubmissionId(&'static str),
    /// The public site key.
    SiteKey(&'static str),
}

/// What a provider makes of the action that a form may name.
#[derive(Clone, Copy, Debug)]
pub enum WidgetActions {
    /// It knows none.
    Unknown,
    /// Its element carries it.
    OnTheElement,
    /// It makes another captcha of it: one that shows nothing, and that a script asks for each token.
    ByScript {
        /// What follows the script's address, before the site key.
        query: &'static str,
        /// The JavaScript object in place of [`Record::token`]; `"SITE_KEY"` and `"ACTION"` stand for what they say.
        token: &'static str,
    },
}

impl CaptchaProvider {
    /// Every provider, in the order of its declaration.
    pub const ALL: [Self; 3] = [Self::Turnstile, Self::Hcaptcha, Self::Recaptcha];

    /// The words of all of them, as in a form's file.
    pub(crate) const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].as_str();
            at += 1;
        }
        names
    };

    /// All that is particular to it.
    #[must_use]
    pub const fn record(self) -> &'static Record {
        match self {
            Self::Turnstile => &turnstile::RECORD,
            Self::Hcaptcha => &hcaptcha::RECORD,
            Self::Recaptcha => &recaptcha::RECORD,
        }
    }

    /// The word, as in `forms/<id>.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.record().name
    }

    /// Its place in [`Self::ALL`], for what is kept of each provider.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// Is this a field that the provider's script adds to a post?
    #[must_use]
    pub fn adds(self, field: &str) -> bool {
        let record = self.record();
        field == record.token_field || record.other_fields.contains(&field)
    }
}

/// A captcha in front of a form. The secret never stands in the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captcha {
    /// Whose it is.
    pub provider: CaptchaProvider,
    /// The public key that the page shows to the provider.
    pub site_key: String,
    /// The action a token must have been made for. `None`: any.
    pub action: Option<String>,
    /// Host names (lower case, no port) of the pages a token may come from. Empty: any that the provider lets use
    /// the site key.
    pub hosts: Vec<String>,
    /// The environment variable that holds the secret.
    pub secret_env: String,
}

impl Captcha {
    /// May a token come from a page of this host?
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        self.hosts.is_empty()
            || self
                .hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails where two providers have the same of something.
    fn each_has_its_own(what: fn(&Record) -> &'static str) {
        let mut all = CaptchaProvider::ALL.map(|one| what(one.record())).to_vec();
        assert!(all.iter().all(|text| !text.is_empty()), "{all:?}");
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), CaptchaProvider::ALL.len(), "{all:?}");
    }

    fn is_address(text: &str) -> bool {
        text.starts_with("https://")
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b":/.-*_".contains(&b))
    }

    #[test]
    fn every_provider_is_listed_at_its_place() {
        for (place, provider) in CaptchaProvider::ALL.into_iter().enumerate() {
            assert_eq!(provider.place(), place, "{provider:?}");
        }
    }

    #[test]
    fn every_provider_has_all_that_is_its_own() {
        each_has_its_own(|record| record.name);
        each_has_its_own(|record| record.company);
        each_has_its_own(|record| record.verify);
        each_has_its_own(|record| record.token_field);
        each_has_its_own(|record| record.script);
        each_has_its_own(|record| record.class);
        each_has_its_own(|record| record.token);
    }

    #[test]
    fn every_address_is_one_and_the_policy_lets_the_script_in() {
        for provider in CaptchaProvider::ALL {
            let record = provider.record();
            assert!(
                is_address(record.verify) && is_address(record.script),
                "{provider:?}"
            );
            let sources = [
                Some(record.script_src),
                Some(record.frame_src),
                record.connect_src,
            ];
            for source in sources
                .into_iter()
                .flatten()
                .flat_map(|sources| sources.split(' '))
            {
                assert!(is_address(source), "{provider:?}: {source:?}");
            }
            let covers = |source: &str| match source.split_once("//*.") {
                Some((_, site)) => record.script.contains(&format!(".{site}/")),
                None => record.script.starts_with(source),
            };
            assert!(record.script_src.split(' ').any(covers), "{provider:?}");
        }
    }

    #[test]
    fn every_script_says_where_its_values_go() {
        for provider in CaptchaProvider::ALL {
            let Record { token, actions, .. } = provider.record();
            assert!(
                token.contains("fields: \"FIELDS\"") && token.contains("\"FIELD\""),
                "{provider:?}"
            );
            if let WidgetActions::ByScript { token, .. } = actions {
                for value in ["fields: \"FIELDS\"", "\"SITE_KEY\"", "\"ACTION\""] {
                    assert!(token.contains(value), "{provider:?}: {value}");
                }
            }
        }
    }

    #[test]
    fn every_provider_is_in_the_page_that_explains_forms() {
        let page = include_str!("../../../docs/forms.md");
        for name in CaptchaProvider::NAMES {
            assert!(page.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}

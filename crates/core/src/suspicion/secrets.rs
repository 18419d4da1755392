//! The secrets of captchas: each in the environment variable that its form names. Read once, by the binaries.

use std::collections::BTreeMap;
use std::fmt;

use crate::captcha::Captcha;
use crate::form::{FormId, Forms};

/// The secrets of all forms that have a captcha. Prints none.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, String>);

/// A form names a variable that holds nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "form {form}: captcha.secret_env names the environment variable {variable}, which is not set; set it to the secret \
     that the captcha's provider shows beside the site key, or take the captcha out of the form"
)]
pub struct MissingSecret {
    /// Which form.
    pub form: FormId,
    /// Which variable.
    pub variable: String,
}

impl Secrets {
    /// Reads the variables that `forms` name, by `lookup`. The first that is missing or blank is an error.
    pub fn of_forms(
        forms: &Forms,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, MissingSecret> {
        let named = forms
            .iter()
            .filter_map(|form| Some((form, form.captcha.as_ref()?.secret_env.as_str())));
        let secrets = named.map(|(form, variable)| {
            let secret = read(variable, &lookup);
            let missing = || MissingSecret {
                form: form.id.clone(),
                variable: variable.to_owned(),
            };
            Ok((variable.to_owned(), secret.ok_or_else(missing)?))
        });
        secrets.collect::<Result<_, _>>().map(Self)
    }

    /// Reads what is there of them. A captcha without its secret is tried again later.
    pub fn those_known(forms: &Forms, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let named = forms
            .iter()
            .filter_map(|form| Some(form.captcha.as_ref()?.secret_env.as_str()));
        Self(
            named
                .filter_map(|variable| Some((variable.to_owned(), read(variable, &lookup)?)))
                .collect(),
        )
    }

    /// The secret of this captcha.
    pub(crate) fn for_captcha(&self, captcha: &Captcha) -> Option<&str> {
        self.0.get(&captcha.secret_env).map(String::as_str)
    }
}

fn read(variable: &str, lookup: &impl Fn(&str) -> Option<String>) -> Option<String> {
    lookup(variable)
        .map(|secret| secret.trim().to_owned())
        .filter(|secret| !secret.is_empty())
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} of them, [redacted])", self.0.len())
    }
}

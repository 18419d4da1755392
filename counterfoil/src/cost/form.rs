//! What a form's budgets, burst, captcha, short retention and `show_seen` add for each of its submissions.

use counterfoil_aws::units::Submission;
use counterfoil_core::status::HEAD_KEPT;
use counterfoil_core::suspicion::MAX_TOKEN;
use counterfoil_core::{Form, FormId};
use rust_decimal::Decimal;

use super::measured::Measured;
use super::prices::Prices;
use super::section::per_million;
use super::usage::Traffic;

/// One form.
pub(super) struct FormCost {
    pub(super) form: FormId,
    /// What it has that costs.
    pub(super) has: Vec<&'static str>,
    /// Dollars that a million of its submissions cost more for it.
    pub(super) more: Decimal,
    /// Dollars of a million of its submissions, that included.
    pub(super) per_million: Decimal,
}

/// Counters that a submission to this form updates, by the keys that ask for them.
pub(super) fn counters(form: &Form) -> Vec<&'static str> {
    let asked = [
        (form.budget.per_address.is_some(), "budget.per_address"),
        (form.burst.is_some(), "burst"),
        (form.budget.per_form.is_some(), "budget.per_form"),
    ];
    asked
        .into_iter()
        .filter(|(is_asked, _)| *is_asked)
        .map(|(_, key)| key)
        .collect()
}

impl FormCost {
    pub(super) fn new(
        form: &Form,
        traffic: &Traffic,
        measured: &Measured,
        prices: &Prices,
    ) -> Self {
        let mut has = counters(form);
        let leaves = form.retention().is_some_and(|kept| kept < HEAD_KEPT);
        let plain = Submission {
            form: form.id.as_str().len() as u64,
            expires: form.retention_days.is_some(),
            ..traffic.of
        };
        let token = if form.captcha.is_some() {
            MAX_TOKEN as u64
        } else {
            0
        };
        let guarded = Submission {
            token,
            leaves,
            shows_seen: form.show_seen,
            ..plain
        };
        let [plain, guarded] = [plain, guarded].map(|of| Traffic {
            of,
            ..traffic.clone()
        });
        let mut lines = guarded.usage(measured);
        lines.push(Traffic::counters(has.len() as u64));
        if form.captcha.is_some() {
            lines.push(guarded.captcha());
            has.push("captcha");
        }
        if leaves {
            has.push("retention_days");
        }
        if form.show_seen {
            has.push("show_seen");
        }
        let all = per_million(lines, prices);
        let more = all - per_million(plain.usage(measured), prices);
        Self {
            form: form.id.clone(),
            has,
            more,
            per_million: all,
        }
    }
}

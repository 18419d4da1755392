//! The bill: everything that `cost` says.

use rust_decimal::Decimal;

use super::form::FormCost;
use super::prices::Prices;
use super::section::Section;
use super::usage::Traffic;

/// Everything that is said.
pub(super) struct Report {
    pub(super) traffic: Traffic,
    pub(super) front_door: &'static str,
    pub(super) architecture: &'static str,
    pub(super) prices: Prices,
    pub(super) measured_on: String,
    pub(super) measured_from: String,
    pub(super) submissions: Section,
    /// Dollars of a million submissions like these.
    pub(super) per_million: Decimal,
    /// That figure when so many come at a time that all batches are full.
    pub(super) in_full_batches: Decimal,
    pub(super) standing: Section,
    pub(super) kept: Section,
    /// Dollars of a million of what does not happen to every submission.
    pub(super) more: Vec<(&'static str, Decimal)>,
    pub(super) forms: Vec<FormCost>,
}

impl Report {
    /// Dollars of a month in which what came is kept.
    pub(super) fn total(&self) -> Decimal {
        self.submissions.dollars + self.standing.dollars + self.kept.dollars
    }
}

//! Lines of the bill: units times prices. A line is rounded to a hundredth of a cent, and a sum is that of its lines as they
//! are shown, so that whoever adds them up comes to the same.

use rust_decimal::{Decimal, RoundingStrategy};

use super::prices::{Price, Prices};
use super::usage::Line;

/// Dollars of so many units.
pub(super) fn dollars(units: Decimal, price: &Price) -> Decimal {
    // The prices' and the command line's own limits keep this far below the 28 digits there are.
    cents(units * price.dollars / price.per)
}

/// To a hundredth of a cent; halves go up.
pub(super) fn cents(dollars: Decimal) -> Decimal {
    let mut rounded = dollars.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(4);
    rounded
}

/// A line with what it costs in a month.
pub(super) struct Charge {
    pub(super) line: Line,
    /// For one submission, where it is for submissions.
    pub(super) each: Option<Decimal>,
    pub(super) price: Price,
    pub(super) dollars: Decimal,
}

/// Lines and their sum.
pub(super) struct Section {
    pub(super) charges: Vec<Charge>,
    pub(super) dollars: Decimal,
}

impl Section {
    /// Of lines for one submission each.
    pub(super) fn of_submissions(lines: Vec<Line>, submissions: u64, prices: &Prices) -> Self {
        Self::new(
            lines.into_iter().map(|line| {
                let each = line.units;
                (
                    Some(each),
                    Line {
                        units: each * Decimal::from(submissions),
                        ..line
                    },
                )
            }),
            prices,
        )
    }

    /// Of lines for a month.
    pub(super) fn of_a_month(lines: Vec<Line>, prices: &Prices) -> Self {
        Self::new(lines.into_iter().map(|line| (None, line)), prices)
    }

    fn new(lines: impl Iterator<Item = (Option<Decimal>, Line)>, prices: &Prices) -> Self {
        let charge = |(each, line): (Option<Decimal>, Line)| {
            let price = prices.price(line.good).clone();
            Charge {
                each,
                dollars: dollars(line.units, &price),
                price,
                line,
            }
        };
        let charges: Vec<_> = lines.map(charge).collect();
        Self {
            dollars: charges.iter().map(|charge| charge.dollars).sum(),
            charges,
        }
    }
}

/// Dollars of a million times these lines.
pub(super) fn per_million(lines: Vec<Line>, prices: &Prices) -> Decimal {
    Section::of_submissions(lines, 1_000_000, prices).dollars
}

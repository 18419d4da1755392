//! A price file: what AWS asks for a unit, as of a day. Every price must be there and no other key may be, because a
//! price that is passed over in silence makes a wrong bill.

use std::collections::BTreeMap;
use std::path::Path;

use counterfoil_core::Timestamp;
use counterfoil_core::suggest::mend;
use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The prices built in.
const BUILT_IN: &str = include_str!("prices.toml");

/// Everything that has a price, as the file names it.
macro_rules! goods {
    ($($name:ident = $path:literal),* $(,)?) => {
        /// What has a price.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Good { $(#[doc = $path] $name),* }

        impl Good {
            /// Everything.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its table in the file: the service, a dot, the unit.
            pub(crate) const fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }
        }
    };
}

goods! {
    HttpRequest = "http_api.request",
    LambdaRequest = "lambda.request",
    LambdaArm = "lambda.gb_second_arm64",
    LambdaX86 = "lambda.gb_second_x86_64",
    SqsRequest = "sqs.request",
    WriteUnit = "dynamodb.write_unit",
    ReadUnit = "dynamodb.read_unit",
    Stored = "dynamodb.gb_month",
    Recovery = "dynamodb.recovery_gb_month",
    SnsRequest = "sns.request",
    LogIn = "cloudwatch.log_gb",
    LogKept = "cloudwatch.log_gb_month",
    Alarm = "cloudwatch.alarm_month",
    Secret = "secrets_manager.secret_month",
    Key = "kms.key_month",
    KmsRequest = "kms.request",
    Out = "transfer.gb_out",
}

/// So many dollars for so many units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) dollars: Decimal,
    pub(crate) per: Decimal,
    /// The page that decides. It is for people; the program only asks that it is there.
    pub(crate) source: String,
    /// Where the figure was seen; `None`: it was not.
    pub(crate) seen: Option<String>,
}

/// A whole file.
#[derive(Debug)]
pub(crate) struct Prices {
    pub(crate) as_of: String,
    pub(crate) region: String,
    prices: BTreeMap<Good, Price>,
}

/// More than this is a slip of the pen, and no arithmetic has to bear it.
const DEAREST: Decimal = Decimal::ONE_THOUSAND;
const UNITS: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

impl Prices {
    /// Those of a file; without one, those built in.
    pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        super::read(file, BUILT_IN, Self::parse)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let place = |(at, what): Wrong| {
            let before = &text[..at.min(text.len())];
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            format!(
                "line {}, column {column}: {what}",
                before.matches('\n').count() + 1
            )
        };
        let table = DeTable::parse(text).map_err(|error| {
            place((
                error.span().map_or(0, |span| span.start),
                format!("not TOML: {}", error.message().trim_end()),
            ))
        })?;
        let table = table.into_inner();
        known(&table).map_err(place)?;
        let as_of = words(&table, "as_of", 0).map_err(place)?;
        if as_of.len() != 10 || Timestamp::parse(&format!("{as_of}T00:00:00Z")).is_none() {
            return Err(format!(
                "as_of: {as_of:?} is no date such as \"2026-11-23\""
            ));
        }
        let region = words(&table, "region", 0).map_err(place)?;
        let prices = Good::ALL
            .iter()
            .map(|good| Ok((*good, price(&table, *good)?)));
        Ok(Self {
            as_of,
            region,
            prices: prices.collect::<Result<_, _>>().map_err(place)?,
        })
    }

    pub(crate) fn price(&self, good: Good) -> &Price {
        // `parse` has read every one.
        &self.prices[&good]
    }

    /// What was not seen anywhere.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = Good> {
        self.prices
            .iter()
            .filter(|(_, price)| price.seen.is_none())
            .map(|(good, _)| *good)
    }
}

/// A byte offset, and what is wrong there.
type Wrong = (usize, String);

const KEYS: &[&str] = &["dollars", "per", "source", "seen"];

/// Refuses a key that nobody would look at, and names the one that was meant.
fn known(table: &DeTable<'_>) -> Result<(), Wrong> {
    let split = || {
        Good::ALL
            .iter()
            .filter_map(|good| good.path().split_once('.'))
    };
    let mut services: Vec<_> = split().map(|(service, _)| service).collect();
    services.dedup();
    services.extend(["as_of", "region"]);
    for (service, below) in table {
        let name = one_of(service, &services)?;
        let Some(below) = below.get_ref().as_table() else {
            continue;
        };
        let units: Vec<_> = split()
            .filter(|(service, _)| *service == name)
            .map(|(_, unit)| unit)
            .collect();
        for (unit, price) in below {
            one_of(unit, &units)?;
            let keys = price.get_ref().as_table().into_iter().flatten();
            keys.map(|(key, _)| one_of(key, KEYS))
                .try_for_each(|known| known.map(|_| ()))?;
        }
    }
    Ok(())
}

fn one_of<'a>(key: &'a Spanned<impl AsRef<str>>, known: &[&str]) -> Result<&'a str, Wrong> {
    let name = key.get_ref().as_ref();
    if known.contains(&name) {
        return Ok(name);
    }
    Err((
        key.span().start,
        format!("unknown key {name:?}; {}", mend(name, known)),
    ))
}

fn price(table: &DeTable<'_>, good: Good) -> Result<Price, Wrong> {
    let path = good.path();
    let missing = || (0, format!("there is no [{path}]; every price is needed"));
    let (service, unit) = path.split_once('.').ok_or_else(missing)?;
    let found = table
        .get(service)
        .and_then(|units| units.get_ref().as_table()?.get(unit))
        .ok_or_else(missing)?;
    let at = found.span().start;
    let below = found.get_ref().as_table().ok_or((
        at,
        format!("[{path}] is a table with dollars, per and source"),
    ))?;
    let figure = |name: &str, most: Decimal| {
        let value = below
            .get(name)
            .ok_or((at, format!("[{path}] has no {name}")))?;
        let figure =
            number(value.get_ref()).filter(|number| (Decimal::ZERO..=most).contains(number));
        figure.ok_or((
            value.span().start,
            format!("{name} is a number from 0 to {most}"),
        ))
    };
    let (dollars, per) = (figure("dollars", DEAREST)?, figure("per", UNITS)?);
    if per < Decimal::ONE {
        return Err((
            at,
            format!("[{path}]: per is how many units that buys, 1 or more"),
        ));
    }
    let seen = below
        .contains_key("seen")
        .then(|| words(below, "seen", at))
        .transpose()?;
    Ok(Price {
        dollars,
        per,
        source: words(below, "source", at)?,
        seen,
    })
}

/// As it is written, without a way through binary fractions.
fn number(value: &DeValue<'_>) -> Option<Decimal> {
    let text = match value {
        DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str(),
        DeValue::Float(text) => text.as_str(),
        _ => return None,
    };
    Decimal::from_str_exact(text)
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

fn words(table: &DeTable<'_>, name: &str, at: usize) -> Result<String, Wrong> {
    let value = table.get(name).ok_or((at, format!("there is no {name}")))?;
    let text = value
        .get_ref()
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or((value.span().start, format!("{name} is a text, in quotes")))
}

#[cfg(test)]
#[path = "prices_tests.rs"]
mod tests;

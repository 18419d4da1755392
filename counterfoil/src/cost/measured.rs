//! How long the functions run: from what `cargo xtask bench functions --json FILE` measured, on this machine's processor
//! and with services that take 5 ms, to what Lambda bills at 128 MB.

use std::collections::BTreeMap;
use std::path::Path;

use counterfoil_aws::units::stack::MEMORY;
use rust_decimal::Decimal;
use serde::Deserialize;

/// The figures built in. Until the bench has written them they are `NUMBERS`' of the AWS SDK alone, times what the functions
/// may take of those (1.5, the worker 1.3); compute is a hundredth of the bill.
const BUILT_IN: &str = include_str!("measured.json");
/// MB at which a function has one processor (Lambda, "Configure Lambda function memory"); with less it has a part of one.
const WHOLE_PROCESSOR: u64 = 1769;
/// The longest a function may run, in ms.
const LONGEST: Decimal = Decimal::from_parts(900_000, 0, 0, false, 0);

#[derive(Deserialize)]
struct File {
    measured_on: String,
    /// What the bench does not write: how else its figures were come by.
    from: Option<String>,
    loads: BTreeMap<String, Load>,
}

#[derive(Deserialize)]
struct Load {
    cpu_us: f64,
    p50_ms_at_5ms: f64,
    calls: BTreeMap<String, f64>,
}

/// Milliseconds that are billed for an invocation.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) on: String,
    /// How they were come by.
    pub(crate) from: String,
    pub(crate) ingest: Decimal,
    pub(crate) status: Decimal,
    /// For a batch of ten; a smaller one counts as much.
    pub(crate) worker: Decimal,
    /// As above.
    pub(crate) notifier: Decimal,
}

impl Measured {
    /// Those of a file; without one, those built in.
    pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        super::read(file, BUILT_IN, Self::parse)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let File {
            measured_on,
            from,
            loads,
        } = serde_json::from_str(text).map_err(|error| {
            format!("not what `cargo xtask bench functions --json FILE` writes: {error}")
        })?;
        let billed = |name: &str, call: &str, calls: f64| {
            let load = loads
                .get(name)
                .ok_or_else(|| format!("the load {name:?} is missing"))?;
            load.makes(call, calls).map_err(|made| {
                format!("{name}: it makes {made}; this program counts {calls} {call}")
            })?;
            load.billed()
                .ok_or_else(|| format!("{name}: these are no durations of a function"))
        };
        Ok(Self {
            ingest: billed("ingest", "SendMessage", 1.0)?,
            status: billed("status, a poll", "GetItem", 1.0)?,
            worker: billed("worker, 10", "PutItem", 1.0)?,
            notifier: billed("notifier, 10", "PublishBatch", 0.1)?,
            on: measured_on,
            from: from.unwrap_or_else(|| "measured".into()),
        })
    }
}

impl Load {
    /// Functions that call otherwise than is counted here would be billed otherwise.
    fn makes(&self, call: &str, calls: f64) -> Result<(), String> {
        match self.calls.iter().collect::<Vec<_>>().as_slice() {
            // The bench divides counts: that many, within a count or two of many thousands.
            [(made, count)] if *made == call && (*count - calls).abs() < 0.005 => Ok(()),
            all => Err(all
                .iter()
                .map(|(made, count)| format!("{count} {made}"))
                .collect::<Vec<_>>()
                .join(", ")),
        }
    }

    /// The measured latency holds the processor's time at full speed; at 128 MB it takes 1769/128 of that. Lambda bills
    /// whole milliseconds.
    fn billed(&self) -> Option<Decimal> {
        let [cpu, latency] =
            [self.cpu_us, self.p50_ms_at_5ms].map(|figure| Decimal::try_from(figure).ok());
        let slower = Decimal::from(WHOLE_PROCESSOR) / Decimal::from(MEMORY) - Decimal::ONE;
        let (cpu, latency) = (cpu? / Decimal::ONE_THOUSAND, latency?);
        let sane = |millis: &Decimal| (Decimal::ZERO..=LONGEST).contains(millis);
        (sane(&cpu) && sane(&latency)).then(|| (latency + cpu * slower).ceil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_second_takes_fourteen_at_128_mb() {
        // 5.2 ms + 0.15 ms × (1769/128 − 1) = 7.12; 6.6 + 0.849 × 12.82 = 17.48. Each begun millisecond counts.
        let measured = Measured::parse(BUILT_IN).unwrap();
        let all = [
            measured.ingest,
            measured.status,
            measured.worker,
            measured.notifier,
        ];
        assert_eq!(all, [8, 8, 18, 8].map(Decimal::from));
    }

    #[test]
    fn what_is_no_measurement_or_of_other_functions_is_refused() {
        for (old, new, wanted) in [
            (
                "\"SendMessage\": 1.0",
                "\"SendMessage\": 1.0, \"GetItem\": 1.0",
                "1 GetItem, 1 SendMessage",
            ),
            (
                "\"PutItem\": 1.0",
                "\"PutItem\": 2.0",
                "it makes 2 PutItem; this program counts 1 PutItem",
            ),
            ("\"ingest\"", "\"egress\"", "the load \"ingest\" is missing"),
            ("849.0", "-849.0", "no durations"),
            ("849.0", "1e300", "no durations"),
            ("\"cpu_us\": 849.0,", "", "missing field `cpu_us`"),
            (
                "{\n",
                "",
                "not what `cargo xtask bench functions --json FILE` writes",
            ),
        ] {
            let fault = Measured::parse(&BUILT_IN.replacen(old, new, 1)).unwrap_err();
            assert!(fault.contains(wanted), "{new}: {fault}");
        }
    }
}

//! What was measured, as JSON: `counterfoil cost --measured FILE` reads it, and has one such file built in.

use std::time::{SystemTime, UNIX_EPOCH};

use counterfoil_core::Timestamp;
use serde_json::{Map, Value, json};

use crate::functions::measure::Row;

/// All rows by their names, with the day.
pub fn render(rows: &[Row], now: SystemTime) -> Value {
    let millis = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let now = Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)).to_string();
    let loads: Map<_, _> = rows
        .iter()
        .map(|row| (row.name.to_owned(), load(row)))
        .collect();
    json!({
        "measured_on": now.split('T').next(),
        "architecture": std::env::consts::ARCH,
        "service_ms": 5,
        "loads": loads,
    })
}

fn load(row: &Row) -> Value {
    let calls: Map<_, _> = row
        .calls
        .iter()
        .map(|(action, count)| (action.clone(), json!(round(*count))))
        .collect();
    json!({
        "init_ms": round(row.init),
        "first_ms": round(row.first),
        "cpu_us": round(row.cpu),
        "p50_ms": round(row.warm[0]),
        "p50_ms_at_5ms": round(row.latent[0]),
        "peak_mb": round(row.peak),
        "size_mb": round(row.size),
        "calls": calls,
    })
}

/// A thousandth is finer than any of them is measured.
fn round(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_load_has_what_its_cost_is_computed_from() {
        let row = Row {
            name: "worker, 10",
            reference: None,
            init: 5.0,
            init_cpu: 4.0,
            first: 1.0,
            cpu: 849.12345,
            warm: [0.9, 1.2],
            latent: [6.4, 8.0],
            memory: 6.0,
            memory_at_end: 6.0,
            peak: 6.5,
            size: 7.25,
            calls: vec![("PutItem".into(), 1.0)],
        };
        let json = render(&[row], UNIX_EPOCH + Duration::from_secs(1_795_385_651));
        assert_eq!(json["measured_on"], "2026-11-22");
        let load = &json["loads"]["worker, 10"];
        assert_eq!(
            (&load["cpu_us"], &load["p50_ms_at_5ms"]),
            (&json!(849.123), &json!(6.4))
        );
        assert_eq!(load["calls"], json!({"PutItem": 1.0}));
    }
}

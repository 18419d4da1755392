//! A function's log: a JSON object on each line of stdout, with `timestamp` and `level` as Lambda's own filter wants
//! them. The SDK's lines may quote what was submitted: of it and all others, only warnings are let through.

use std::panic::PanicHookInfo;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Settings;

/// The names that our own lines come under.
const OURS: [&str; 6] = [
    "counterfoil_core",
    "counterfoil_lambda",
    "ingest",
    "worker",
    "notifier",
    "notice",
];

/// Starts the log. A level that is none reads as `info`.
pub fn start(settings: &Settings) {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let lines = lines
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stdout);
    // A second start, as in tests, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter(settings.log_level().as_deref())))
        .try_init();
    std::panic::set_hook(Box::new(panicked));
}

fn filter(level: Option<&str>) -> Targets {
    let level = level
        .and_then(|word| word.to_ascii_lowercase().parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let others = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(others)
        .with_targets(OURS.map(|target| (target, level)))
}

/// Says where, never what: a panic's message may quote a value.
fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    tracing::error!(
        location = place,
        "a panic; its message may quote a value and is left out"
    );
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_sdk_never_logs_what_it_sends() {
        for level in [None, Some("TRACE"), Some("debug"), Some("garbage")] {
            let filter = filter(level);
            assert!(
                !filter.would_enable("aws_smithy_runtime::client", &Level::DEBUG),
                "{level:?}"
            );
            assert!(
                filter.would_enable("aws_smithy_runtime::client", &Level::WARN),
                "{level:?}"
            );
        }
        assert!(filter(Some("debug")).would_enable("worker", &Level::DEBUG));
        assert!(!filter(None).would_enable("worker", &Level::DEBUG));
        assert!(filter(None).would_enable("notice", &Level::INFO));
        assert!(!filter(Some("ERROR")).would_enable("hyper", &Level::WARN));
    }
}

//! The function `courier` on AWS: the table's stream, and a tick every minute, to receivers.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_aws::DynamoLedger;
use counterfoil_aws::client::{Patience, http};
use counterfoil_core::ports::{Entropy, TimeLeft};
use counterfoil_core::publish::Record;
use counterfoil_lambda::metrics::Tally;
use counterfoil_lambda::{Deadline, Function, Meter, Service, Settings, forms, stream, telemetry};
use counterfoil_machine::{OsEntropy, SystemClock};
use counterfoil_telling::attempt::Courier;
use counterfoil_telling::audience::Written;
use counterfoil_telling::net::{SystemResolver, Trust};
use counterfoil_telling::post::{Limits, Post};
use counterfoil_telling::receivers::Receivers;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::Patient;
use courier::Telling;

/// The most that a letter may take: what is left after it is for writing down what it came to.
const LETTER: Duration = Duration::from_secs(15);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let directories = settings.forms_directories();
    let file = forms::receivers_beside(&directories)?;
    let forms = Arc::new(forms::first_of(directories)?);
    let secrets = settings.receiver_secrets()?;
    let (receivers, faults) = Receivers::read(&file, &|name| secrets.get(name).cloned());
    for fault in faults
        .iter()
        .map(ToString::to_string)
        .chain(receivers.missing(&forms))
    {
        tracing::error!("a receiver is not told, and what it is owed waits: {fault}");
    }
    let account = settings.account(Service::DynamoDb)?;
    let ledger = DynamoLedger::new(
        &account,
        http(),
        Patience::default(),
        settings.table_name()?,
    );
    ledger.warm().await;
    let receivers = Arc::new(receivers);
    let telling = Telling::new(Courier {
        home: ledger,
        sender: Patient {
            inner: Post {
                receivers: Arc::clone(&receivers),
                forms: Arc::clone(&forms),
                stage: settings.stage(),
                resolver: SystemResolver,
                trust: Trust::with_native_roots(Vec::new()),
                limits: Limits {
                    web: LETTER,
                    mail: LETTER,
                },
                copies: None,
            },
            patience: LETTER + Duration::from_secs(3),
        },
        audience: Written {
            receivers,
            forms,
            // It has no ticket keys.
            copies: false,
        },
        clock: Arc::new(SystemClock),
        jitter: Arc::new(jitter),
    });
    let meter = Meter::new(&settings, Function::Courier, SystemClock);
    let (telling, meter) = (&telling, &meter);
    let feed = |records: Vec<Record>, deadline: Deadline| async move {
        let published = telling.feed(&records, || deadline.left()).await;
        meter.tell(&Tally::of_untold(telling.take_untold()));
        published
    };
    let tick = |deadline: Deadline| async move {
        telling.sweep(|| deadline.left()).await;
        meter.tell(&Tally::of_untold(telling.take_untold()));
    };
    stream::run_with_tick(feed, tick).await
}

fn jitter() -> Jitter {
    let [high, low, ..] = OsEntropy.ten_bytes();
    Jitter(u16::from_be_bytes([high, low]))
}

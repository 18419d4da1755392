//! The worker of AWS: it judges what is suspected, counts in its ledger, and asks captcha providers itself.

use std::sync::Arc;

use counterfoil_aws::{DynamoLedger, Providers};
use counterfoil_core::suspicion::Guards;
use counterfoil_lambda::{Error, Settings, forms};
use counterfoil_machine::SystemClock;
use worker::Worker;

/// As many as a batch has: it takes as long as its slowest write.
const PARALLEL: usize = 10;

type Guarded = Worker<DynamoLedger, SystemClock, Guards<DynamoLedger, Providers>>;

/// The worker of this deployment's forms.
pub(crate) fn worker(settings: &Settings, ledger: DynamoLedger) -> Result<Guarded, Error> {
    let forms = Arc::new(forms::first_of(settings.forms_directories())?);
    let secrets = settings.captcha_secrets(&forms)?;
    let providers = Providers::new(settings.captcha_url());
    Ok(Worker {
        guard: Guards::new(ledger.clone(), providers, secrets),
        ledger,
        clock: SystemClock,
        forms,
        retry: settings.retry()?,
        parallel: PARALLEL,
    })
}

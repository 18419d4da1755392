//! `submissions verify`: reads everything, beside a server or without one, and says what is wrong and what mends it.

use std::io::Write;

use counterfoil_local::verify::{Finding, Verified};
use counterfoil_local::{DataDir, Reader};
use serde_json::{Value, json};

use crate::cli::submissions::Verify;
use crate::exit::{Failure, configuration};
use crate::words::count;
use counterfoil_operations::harmless::{self, harmless};

pub(crate) fn run(verify: &Verify) -> anyhow::Result<()> {
    let directory = DataDir::existing(&verify.local.data).map_err(configuration)?;
    let reader = Reader::open_to_verify(&directory.database()).map_err(configuration)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut told = Ok(());
    let mut first = true;
    if verify.json {
        write!(out, "{{\"findings\":[")?;
    }
    let verified = reader.verify(&mut |finding| {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        let line = if verify.json {
            format!("{comma}\n{}", harmless::json(&as_json(&finding)))
        } else {
            as_text(&finding)
        };
        told = out.write_all(line.as_bytes());
        told.is_ok()
    })?;
    told?;
    if verify.json {
        let Verified {
            rows,
            findings,
            accepted,
        } = verified;
        writeln!(
            out,
            "\n],\"rows\":{rows},\"wrong\":{findings},\"accepted_losses\":{accepted}}}"
        )?;
    } else {
        writeln!(out, "{} read", count(verified.rows, "row"))?;
    }
    out.flush()?;
    match verified.findings {
        0 => Ok(()),
        wrong => Err(Failure::Partly(format!("{} wrong", count(wrong, "thing"))).into()),
    }
}

fn as_json(finding: &Finding) -> Value {
    json!({ "about": finding.whose, "wrong": finding.what, "mend": finding.mend })
}

fn as_text(Finding { whose, what, mend }: &Finding) -> String {
    format!(
        "{}: {}\n  {mend}\n",
        harmless(whose, false),
        harmless(what, false)
    )
}

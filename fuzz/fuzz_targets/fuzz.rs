//! Fuzzes what one of the targets asks: `COUNTERFOIL_FUZZ` names it. `COUNTERFOIL_FUZZ_SEEDS` names a folder that gets the
//! corpus of bad input as its seeds first.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

static ASKED: OnceLock<counterfoil_fuzz::Check> = OnceLock::new();

/// The target that the environment names, its seeds written.
fn asked() -> Result<counterfoil_fuzz::Check, String> {
    let name = std::env::var("COUNTERFOIL_FUZZ").map_err(|_| "COUNTERFOIL_FUZZ names no target".to_owned())?;
    let known = counterfoil_fuzz::TARGETS.iter().find(|(target, _)| *target == name);
    let (target, check) = known.ok_or_else(|| format!("COUNTERFOIL_FUZZ: there is no target {name}"))?;
    if let Some(folder) = std::env::var_os("COUNTERFOIL_FUZZ_SEEDS") {
        let written = counterfoil_fuzz::seeds::write(target, Path::new(&folder));
        written.map_err(|error| format!("failed to write the seeds of {target}: {error}"))?;
    }
    Ok(*check)
}

libfuzzer_sys::fuzz_target!(
    init: match asked() {
        Ok(check) => ASKED.get_or_init(|| check),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    },
    |data: &[u8]| {
        if let Some(check) = ASKED.get() {
            check(data);
        }
    }
);

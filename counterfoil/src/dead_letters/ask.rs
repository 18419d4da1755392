//! Asks before much is done.

use std::io::{BufRead, IsTerminal, Write};

use crate::exit::{Failure, configuration};

/// Asks on a terminal; without one, nothing is done that was not confirmed by `--yes`.
pub(crate) fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !is_person() {
        return Err(configuration(
            "nobody can be asked here (this is no terminal); give --yes to go on without",
        ));
    }
    if ask(&format!("{question} [y/N] "))?.eq_ignore_ascii_case("y") {
        Ok(())
    } else {
        Err(Failure::Partly("nothing was done".into()).into())
    }
}

/// Can somebody be asked?
pub(crate) fn is_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// The answer, in one line.
pub(crate) fn ask(question: &str) -> std::io::Result<String> {
    let mut out = std::io::stderr().lock();
    write!(out, "{question}")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

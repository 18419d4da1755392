//! `counterfoil forms show`: a form to paste into a page.

use std::io::Write;

use crate::cli::ShowForm;

pub(super) fn run(show: &ShowForm) -> anyhow::Result<()> {
    let forms = super::checked(&show.directory.forms)?;
    let form = super::one(&forms, &show.form)?;
    let snippet = counterfoil_web::snippet(form, &show.url);
    std::io::stdout().lock().write_all(snippet.as_bytes())?;
    Ok(())
}

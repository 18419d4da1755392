//! `counterfoil forms show`: a form to paste into a page.

use std::io::Write;

use counterfoil_core::{FormId, Forms};

use crate::cli::ShowForm;
use crate::exit::configuration;
use crate::say;

pub(super) fn run(show: &ShowForm) -> anyhow::Result<()> {
    let forms = super::read(&show.directory)?;
    let form = super::one(&forms, &show.form)?;
    let server = server(&forms, show)?;
    if let Some(path) = path(server) {
        say::note(format_args!(
            "--url has a path, {path}: the server's tickets and its hosted page do not know it, and lead elsewhere. Give the server \
             a host name of its own, or let the proxy pass /forms/ and /tickets/ on as they are"
        ));
    }
    let snippet = if show.style {
        counterfoil_web::styled_snippet(form, server)
    } else {
        counterfoil_web::snippet(form, server)
    };
    std::io::stdout().lock().write_all(snippet.as_bytes())?;
    Ok(())
}

/// The path below which a server stands; `None`: none.
fn path(server: &str) -> Option<&str> {
    let (_, rest) = server.split_once("://")?;
    rest.find('/').map(|start| &rest[start..])
}

/// The server's address: whoever gives the form's own, as the doctor wants it, means its server.
fn server<'a>(forms: &Forms, show: &'a ShowForm) -> anyhow::Result<&'a str> {
    let Some((server, id)) = show.url.rsplit_once("/forms/") else {
        return Ok(&show.url);
    };
    if id == show.form.as_str() {
        return Ok(server);
    }
    match FormId::parse(id).filter(|id| forms.get(id).is_some()) {
        Some(other) => Err(configuration(format!(
            "{} is the address of the form {other}, and this prints {}; give the server's: --url {server}",
            show.url, show.form
        ))),
        // A server may be reached below any path.
        None => Ok(&show.url),
    }
}

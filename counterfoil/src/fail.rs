//! `counterfoil fail`: have a running server fail on purpose, so that people can see what becomes of it.

pub(crate) mod wire;

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use counterfoil_local::DataDir;
use serde_json::{Value, json};

use crate::cli;
use crate::exit::{Failure, configuration};
use crate::injection::Injection;
use crate::say;
use wire::{Address, Answer, Request};

pub(crate) fn run(verb: &cli::Fail) -> anyhow::Result<()> {
    let directory = DataDir::existing(&verb.local.data).map_err(configuration)?;
    let request = match verb.injections.as_slice() {
        _ if verb.clear => Request::Clear,
        [] => Request::List,
        injections => Request::Add(injections.to_vec()),
    };
    match ask(directory.path(), &request).map_err(|error| unanswered(directory.path(), &error))? {
        Answer::ToCome(to_come) => Ok(show(&to_come, verb.json)?),
        Answer::Refused(why) => Err(Failure::Partly(why).into()),
    }
}

fn ask(directory: &Path, request: &Request) -> io::Result<Answer> {
    let address = Address::in_directory(directory)?;
    let mut stream = UnixStream::connect(address.path())?;
    // Another command may be before this one.
    stream.set_read_timeout(Some(5 * wire::PATIENCE))?;
    stream.set_write_timeout(Some(5 * wire::PATIENCE))?;
    stream.write_all(&serde_json::to_vec(request)?)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(wire::MOST).read_to_end(&mut answer)?;
    Ok(serde_json::from_slice(&answer)?)
}

fn unanswered(directory: &Path, error: &io::Error) -> Failure {
    let directory = directory.display();
    Failure::Partly(match error.kind() {
        // A server that was killed leaves its socket behind.
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            format!(
                "no server runs on {directory}; start it with `counterfoil serve --data {directory}`"
            )
        }
        _ => format!("the server on {directory} cannot be asked: {error}"),
    })
}

fn show(to_come: &[Injection], as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        let object = |one: &Injection| {
            let mut object = json!({"stage": one.stage, "count": one.count, "kind": one.kind});
            if let Some(form) = &one.form {
                object["form"] = form.as_str().into();
            }
            object
        };
        writeln!(out, "{}", Value::from_iter(to_come.iter().map(object)))?;
    } else {
        to_come
            .iter()
            .try_for_each(|injection| writeln!(out, "{injection}"))?;
        if to_come.is_empty() {
            say::note("nothing is to fail");
        }
    }
    out.flush()
}

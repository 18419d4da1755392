//! The floor: a bootstrap that gives each event back as it came, in as little code as HTTP/1.1 with a known peer takes.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

#[allow(
    clippy::disallowed_methods,
    reason = "a bootstrap is told by its environment where the Runtime API is"
)]
fn main() -> Result<()> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API")
        .map_err(|_| invalid("AWS_LAMBDA_RUNTIME_API is not set"))?;
    let stream = TcpStream::connect(&address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let next =
        format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n");
    loop {
        reader.get_mut().write_all(next.as_bytes())?;
        let (id, event) = answer(&mut reader)?;
        let mut request = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n",
            event.len()
        )
        .into_bytes();
        request.extend(event);
        reader.get_mut().write_all(&request)?;
        answer(&mut reader)?;
    }
}

/// One answer: the id of the invocation where there is one, and the body.
fn answer(reader: &mut BufReader<TcpStream>) -> Result<(String, Vec<u8>)> {
    let (mut id, mut length, mut line) = (String::new(), 0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line == "\r\n" {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value
                .trim()
                .parse()
                .map_err(|_| invalid("the length is no number"))?;
        } else if name.eq_ignore_ascii_case("lambda-runtime-aws-request-id") {
            value.trim().clone_into(&mut id);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((id, body))
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

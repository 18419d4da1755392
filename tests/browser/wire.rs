//! WebDriver is JSON over HTTP: one question and its answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any one step of a browser on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks the driver. `Err` holds the driver's own words.
pub(crate) fn ask(
    authority: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Result<Value, String> {
    let (status, answer) =
        exchange(authority, method, path, body).map_err(|error| format!("{path}: {error}"))?;
    match status {
        200 => Ok(answer["value"].clone()),
        _ => Err(format!(
            "{path}: {}: {}",
            answer["value"]["error"], answer["value"]["message"]
        )),
    }
}

fn exchange(
    authority: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> std::io::Result<(u16, Value)> {
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    read(&mut BufReader::new(stream))
}

/// By its announced length: the driver need not close the connection.
fn read(stream: &mut impl BufRead) -> std::io::Result<(u16, Value)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_ascii_lowercase());
    }
    let status = lines
        .first()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0);
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    Ok((
        status,
        serde_json::from_slice(&body).unwrap_or_else(|_| json!({})),
    ))
}

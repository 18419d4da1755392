//! A reader that takes nothing for as long as it likes, and then everything.

use std::io::{Read, pipe};

use futures_util::FutureExt;

use super::*;

/// A pipe that is full already, and the other side of it.
fn full() -> (std::io::PipeReader, Outlet) {
    let (reader, mut writer) = pipe().unwrap();
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'.'; 512]).is_ok() {}
    rustix::fs::fcntl_setfl(&writer, flags).unwrap();
    (reader, Outlet::to(writer).unwrap())
}

/// Everything that comes until nothing more can.
fn rest(mut reader: std::io::PipeReader, until: &str) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    while !text.ends_with(until) {
        let read = reader.read(&mut bytes).unwrap();
        text += std::str::from_utf8(&bytes[..read]).unwrap();
    }
    text
}

#[tokio::test]
async fn nobody_waits_for_a_reader_and_notices_are_out_when_they_are_said_to_be() {
    let (reader, outlet) = full();
    let line = [b'l'; 1000];
    (0..10_000).for_each(|_| outlet.line(&line));
    assert!(outlet.0.waiting().bytes <= LINES);
    let mut first = Box::pin(outlet.written(b"first\n".to_vec()));
    assert!((&mut first).now_or_never().is_none());
    drop(outlet.notices(b"given up\n".to_vec()).unwrap());
    assert!(outlet.written(b"too many\n".to_vec()).await.is_err());
    outlet.wait_until_written(Duration::from_millis(1));
    let read = std::thread::spawn(|| rest(reader, "last\n"));
    first.await.unwrap();
    outlet.written(b"last\n".to_vec()).await.unwrap();
    let read = read.join().unwrap();
    assert!(
        read.contains("first\n") && !read.contains("given up") && !read.contains("too many"),
        "{}",
        read.len()
    );
    outlet.wait_until_written(Duration::from_secs(60));
}

#[tokio::test]
async fn a_reader_that_is_gone_is_said_and_ends_nothing() {
    let (reader, outlet) = full();
    drop(reader);
    outlet.line(b"lost\n");
    assert!(outlet.written(b"first\n".to_vec()).await.is_err());
    assert!(outlet.written(b"again\n".to_vec()).await.is_err());
}

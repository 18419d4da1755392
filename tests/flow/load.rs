//! A rush of the largest posts: it stays inside 128 MB, those that cannot be taken are told so, and small ones pass.

use std::sync::Barrier;

use crate::client::{Answer, accepted, send, settled};
use crate::server::Machine;

/// Posts at once.
const AT_ONCE: usize = 300;
/// Bytes of a body at most.
const BODY: usize = 512 * 1024;
/// Characters of each of its two messages: the envelope is nearly as long as one may be.
const MESSAGE: usize = 64_000;
/// What the process may take, in KiB.
const MEMORY: u64 = 128 * 1024;

/// A form whose message may be as long as an envelope can carry.
fn home() -> Machine {
    let home = Machine::new();
    let contact = include_str!("../../forms/contact.toml");
    let more = "\n[schema.properties.more]\ntype = \"string\"\nmaxLength = 65000\n";
    home.write_form(
        "long",
        &(contact.replace("maxLength = 10000", "maxLength = 65000") + more),
    );
    home
}

/// The largest body there is, of the largest envelope.
fn largest() -> Vec<u8> {
    let message = "%61".repeat(MESSAGE);
    let mut body = format!("name=Ada&email=ada%40example.org&message={message}&more={message}&_x=")
        .into_bytes();
    body.resize(BODY, b'x');
    body
}

#[test]
fn a_few_hundred_of_the_largest_posts_at_once_stay_inside_128_mb() {
    let home = home();
    let server = home.start();
    let (body, all) = (largest(), Barrier::new(AT_ONCE + 1));
    let post = || -> std::io::Result<Answer> {
        all.wait();
        let urlencoded = ("content-type", "application/x-www-form-urlencoded");
        send(&server, "POST", "/forms/long", &[urlencoded], &body)
    };
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(post)).collect();
        all.wait();
        assert_eq!(
            settled(&server, &accepted(&server, "a small one among them")),
            "stored"
        );
        posts
            .into_iter()
            .map(|post| post.join().unwrap().unwrap().status)
            .collect()
    });
    let taken = answers.iter().filter(|status| **status == 202).count();
    let refused = answers.iter().filter(|status| **status == 503).count();
    let peak = server.peak().unwrap_or(0);
    println!("{taken} taken, {refused} refused, {peak} KiB");
    assert_eq!(taken + refused, AT_ONCE, "{answers:?}");
    // How many get their turn within the time that a body waits is a matter of the machine.
    assert!(taken > 16, "they wait for room and get it: {taken}");
    crate::wait::until("what was taken is settled", || {
        home.verb(&["submissions", "export", "--format", "jsonl"])
            .lines()
            .count()
            == taken + 1
    });
    let peak = server.peak().unwrap_or(0);
    println!("and settled: {peak} KiB");
    assert!(peak < MEMORY, "{peak} KiB");
    assert!(server.stop().success());
}

//! A hundred thousand dead letters over the real program. It takes longest of all, and mostly waits: its name has it
//! begin among the first, beside all the others.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::Value;

use crate::replays::{pid, verb};
use crate::seed;
use crate::server::{Machine, is_full_run};
use crate::wait::pass;

/// Most memory a process has had so far, in KiB.
fn peak(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs a verb to its end: how long it took, and the most memory it had, where that can be seen.
#[allow(
    clippy::disallowed_methods,
    reason = "a figure is measured in real time"
)]
fn measured(mut command: Command) -> (Output, Duration, u64) {
    let start = Instant::now();
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = pid(&child);
    let watch = std::thread::spawn(move || {
        let mut most = 0;
        while let Some(now) = peak(pid) {
            most = most.max(now);
            pass(Duration::from_millis(10));
        }
        most
    });
    let output = child.wait_with_output().unwrap();
    (output, start.elapsed(), watch.join().unwrap())
}

#[test]
fn many_dead_letters_are_listed_and_replayed_in_bounded_memory() {
    // Half as many are replayed: what a row would cost is as plain with them, and each takes two processes milliseconds.
    let (count, replayed): (u32, u32) = if is_full_run() {
        (100_000, 50_000)
    } else {
        (4_000, 4_000)
    };
    let (few, many, half) = (Machine::new(), Machine::new(), Machine::new());
    seed::dead_letters(&few, 500);
    seed::dead_letters(&many, count);
    seed::dead_letters(&half, replayed);
    let list = |home: &Machine| {
        measured(verb(
            home,
            &["dead-letters", "list", "--limit", "0", "--json"],
        ))
    };
    let (_, _, little) = list(&few);
    let (listed, took, memory) = list(&many);
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed.len(), count as usize);
    println!("listed {count} in {took:?}, {memory} KiB (500: {little} KiB)");
    // SQLite keeps 8 MiB of what it has read.
    assert!(
        memory < little + 16 * 1024,
        "{memory} KiB for {count}, {little} KiB for 500"
    );

    let replay =
        |home: &Machine| measured(verb(home, &["dead-letters", "replay", "--yes", "--json"]));
    let (_, _, little) = replay(&few);
    let (output, took, memory) = replay(&half);
    assert!(output.status.success());
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(job["stored"], replayed, "{job:#}");
    let rate = f64::from(replayed) / took.as_secs_f64();
    println!("replayed {replayed} in {took:?}: {rate:.0}/s, {memory} KiB (500: {little} KiB)");
    // SQLite keeps 32 MiB of what it writes, and 8 MiB for each connection that reads.
    assert!(
        memory < little + 64 * 1024,
        "{memory} KiB for {replayed}, {little} KiB for 500"
    );
}

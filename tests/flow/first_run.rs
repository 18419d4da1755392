//! `kill -9` during the first moments of the first run: the directory is never left so that no server starts on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::server::{Machine, program};
use crate::wait::pass;

/// The moments lie within it: a first run is ready well before its end.
const MOMENTS: Duration = Duration::from_millis(60);

/// A first run without forms of its own, which makes all that it needs.
fn first_run(home: &Machine) -> Command {
    let mut command = program();
    command
        .args(["serve", "--port", "0", "--data"])
        .arg(home.data())
        .current_dir(home.data().parent().unwrap());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn end(mut child: Child) {
    child.kill().and_then(|()| child.wait()).unwrap();
}

/// Does a server start here? `Err`: what it says.
fn starts(home: &Machine) -> Result<(), String> {
    let mut child = first_run(home).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started = lines
        .map_while(Result::ok)
        .any(|line| line.contains("/forms/contact"));
    if started {
        end(child);
        return Ok(());
    }
    Err(String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned())
}

#[test]
fn whatever_moment_the_first_run_is_killed_the_next_one_starts() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = seed;
    for round in 0..30 {
        // No `forms` beside the data: the first run makes its own.
        let home = Machine::new();
        std::fs::remove_dir_all(home.forms()).unwrap();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let moment = MOMENTS
            .mul_f64(f64::from(u32::try_from(random >> 33).unwrap()) / f64::from(1_u32 << 31));
        let child = first_run(&home).spawn().unwrap();
        pass(moment);
        end(child);
        starts(&home)
            .unwrap_or_else(|said| panic!("round {round}, killed after {moment:?}: {said}"));
        assert!(!home.data().join("creating").exists());
    }
}

#[test]
fn a_form_or_a_key_that_is_a_fifo_is_named_and_the_start_waits_for_nobody() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    for path in [
        home.forms().join("fifo.toml"),
        home.data().join("ticket-keys"),
    ] {
        let kept = std::fs::read(&path).ok();
        let _ = std::fs::remove_file(&path);
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let output = home.serve(&[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&name) && said.contains("no regular file"),
            "{said}"
        );
        std::fs::remove_file(&path).unwrap();
        if let Some(kept) = kept {
            std::fs::write(&path, kept).unwrap();
        }
    }
    let large = std::fs::File::create(home.forms().join("large.toml")).unwrap();
    large.set_len(1 << 30).unwrap();
    let output = home.serve(&[]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("large.toml"),
        "{output:?}"
    );
}

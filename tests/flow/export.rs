//! `submissions export --output`: a file that is there whole or not at all, and none that is somebody else's.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{accepted, settled};
use crate::seed::dead_letters;
use crate::server::{Machine, program};
use crate::wait::until;

fn export(home: &Machine, output: &Path) -> Command {
    let mut command = program();
    command
        .args(["submissions", "export", "--format", "jsonl", "--data"])
        .arg(home.data());
    command.arg("--output").arg(output);
    command
}

/// What is said of an export that must not be.
fn refused(home: &Machine, output: &Path) -> String {
    let Output { status, stderr, .. } = export(home, output).output().unwrap();
    assert_eq!(status.code(), Some(2), "{}", output.display());
    String::from_utf8(stderr).unwrap()
}

/// A home with so many submissions, and a directory for exports.
fn stored(count: u32) -> (Machine, PathBuf) {
    let home = Machine::new();
    let server = home.start();
    for n in 0..count {
        settled(&server, &accepted(&server, &format!("message {n}")));
    }
    assert!(server.stop().success());
    let exports = home.data().with_file_name("exports");
    fs::create_dir(&exports).unwrap();
    (home, exports)
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn nothing_of_the_data_directory_is_written_over_by_whatever_path() {
    let (home, exports) = stored(1);
    let data = home.data();
    let all = || {
        names(&data)
            .iter()
            .map(|name| fs::read(data.join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    let (before, listed) = (all(), names(&data));
    symlink(&data, exports.join("directory")).unwrap();
    symlink(data.join("ticket-keys"), exports.join("link")).unwrap();
    fs::hard_link(data.join("id-secret"), exports.join("hard")).unwrap();
    for name in [
        "counterfoil.db",
        "counterfoil.db-wal",
        "ticket-keys",
        "id-secret",
        "lock",
        "new.jsonl",
    ] {
        assert!(
            refused(&home, &data.join(name)).contains("belongs to the data directory"),
            "{name}"
        );
        assert!(
            refused(&home, &exports.join("directory").join(name)).contains("belongs to"),
            "{name}"
        );
        assert!(
            refused(&home, &exports.join("../data").join(name)).contains("belongs to"),
            "{name}"
        );
    }
    assert!(refused(&home, &exports.join("hard")).contains("belongs to"));
    assert!(refused(&home, &exports.join("link")).contains("is a link"));
    assert!(before == all() && listed == names(&data));
    assert!(home.start().stop().success());
}

#[test]
fn a_link_is_not_followed_a_directory_is_no_file_and_a_new_export_is_its_users_alone() {
    let (home, exports) = stored(2);
    let (real, link) = (exports.join("real"), exports.join("link"));
    fs::write(&real, "mine").unwrap();
    symlink(&real, &link).unwrap();
    symlink("nowhere", exports.join("dangling")).unwrap();
    assert!(refused(&home, &link).contains("is a link"));
    assert!(refused(&home, &exports.join("dangling")).contains("is a link"));
    assert!(refused(&home, &exports).contains("is no file"));
    assert_eq!(fs::read_to_string(&real).unwrap(), "mine");
    assert!(export(&home, &real).status().unwrap().success());
    assert_eq!(fs::read_to_string(&real).unwrap().lines().count(), 2);
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(names(&exports), ["dangling", "link", "real"]);
    let bare = export(&home, Path::new("bare.jsonl"))
        .current_dir(&exports)
        .status()
        .unwrap();
    assert!(bare.success() && exports.join("bare.jsonl").is_file());
}

#[test]
fn a_pipe_and_a_device_are_written_through() {
    let (home, exports) = stored(2);
    let output = export(&home, Path::new("/dev/stdout"))
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
    let fifo = exports.join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mut child = export(&home, &fifo).spawn().unwrap();
    assert_eq!(fs::read_to_string(&fifo).unwrap().lines().count(), 2);
    assert!(child.wait().unwrap().success());
    let full = export(&home, Path::new("/dev/full")).output().unwrap();
    assert!(
        full.status.code() == Some(1) && !full.stderr.is_empty(),
        "{full:?}"
    );
}

#[test]
fn a_disk_that_is_full_leaves_the_last_export_as_it_was() {
    let home = Machine::new();
    dead_letters(&home, 1000);
    let exports = home.data().with_file_name("exports");
    fs::create_dir(&exports).unwrap();
    let file = exports.join("all.jsonl");
    fs::write(&file, "the last one\n").unwrap();
    let mut whole = export(&home, &file);
    whole.args(["--state", "failed"]);
    // A quota, as far as the command can tell: more than the database's own shared memory, less than the export.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -f 128; exec \"$0\" \"$@\""])
        .arg(whole.get_program())
        .args(whole.get_args());
    let said = shell.output().unwrap();
    let words = String::from_utf8(said.stderr).unwrap();
    assert!(
        said.status.code() == Some(1) && words.contains("all.jsonl"),
        "{:?} {words}",
        said.status
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "the last one\n");
    assert_eq!(names(&exports), ["all.jsonl"], "no draft is left");
    assert!(whole.status().unwrap().success());
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1000);
}

#[test]
fn one_that_is_ended_in_the_middle_leaves_the_last_export_and_no_draft() {
    let home = Machine::new();
    dead_letters(&home, 5000);
    let exports = home.data().with_file_name("exports");
    fs::create_dir(&exports).unwrap();
    let file = exports.join("all.jsonl");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        fs::write(&file, "the last one\n").unwrap();
        let mut child = export(&home, &file)
            .args(["--state", "failed"])
            .spawn()
            .unwrap();
        until("there is a draft, or all of it", || {
            names(&exports).len() > 1 || child.try_wait().unwrap().is_some()
        });
        // It may have ended by itself: then it was whole.
        let _ = kill_process(Pid::from_child(&child), signal);
        let whole = child.wait().unwrap().success();
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert_eq!(lines, if whole { 5000 } else { 1 });
        assert_eq!(names(&exports), ["all.jsonl"], "no draft is left");
    }
}

#[test]
fn a_verb_whose_output_or_words_nobody_takes_ends_quietly() {
    let (home, _) = stored(1);
    let data = home.data().display().to_string();
    let form = home.forms().display().to_string();
    let one = home.verb(&["submissions", "list", "--json"]);
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    let one = one[0]["submission"].as_str().unwrap();
    let verbs: [(&[&str], i32); 10] = [
        (
            &[
                "submissions",
                "export",
                "--format",
                "jsonl",
                "--data",
                &data,
            ],
            0,
        ),
        (&["submissions", "list", "--data", &data], 0),
        (
            &["submissions", "list", "--state", "failed", "--data", &data],
            0,
        ),
        (&["submissions", "show", one, "--data", &data], 0),
        (&["dead-letters", "list", "--data", &data], 0),
        (
            &["dead-letters", "discard", "--all", "--yes", "--data", &data],
            0,
        ),
        (
            &["dead-letters", "discard", one, "--yes", "--data", &data],
            1,
        ),
        (&["forms", "check", "--forms", &form], 0),
        (&["forms", "check", "--forms", &data], 2),
        (
            &[
                "doctor",
                "--origin",
                "https://example.org",
                "--url",
                "http://127.0.0.1:9/forms/contact",
            ],
            1,
        ),
    ];
    for (arguments, code) in verbs {
        ends_quietly(arguments, code);
    }
}

/// A pipe whose reader is gone already, or what takes everything.
fn sink(is_closed: bool) -> Stdio {
    if is_closed {
        std::io::pipe().unwrap().1.into()
    } else {
        Stdio::null()
    }
}

/// It has this exit code, whichever of its outputs is closed.
fn ends_quietly(arguments: &[&str], code: i32) {
    for (output, words) in [(true, false), (false, true), (true, true)] {
        let mut command = program();
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(sink(output))
            .stderr(sink(words));
        assert_eq!(
            command.status().unwrap().code(),
            Some(code),
            "{arguments:?}, closed: {output} {words}"
        );
    }
}

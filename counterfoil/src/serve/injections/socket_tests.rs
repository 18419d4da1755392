//! Whatever is sent to the socket, the server goes on answering it.

use futures_util::FutureExt;

use super::*;

/// Sends bytes and closes; what comes back.
async fn sent(directory: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(Address::in_directory(directory).unwrap().path())
        .await
        .unwrap();
    // The server may have read enough before all is sent.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn to_come(answer: &[u8]) -> usize {
    match serde_json::from_slice(answer).unwrap() {
        Answer::ToCome(to_come) => to_come.len(),
        Answer::Refused(why) => panic!("{why}"),
    }
}

#[tokio::test]
async fn hostile_bytes_do_nothing_and_hold_up_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let injections = Arc::new(Injections::new(&[]).unwrap());
    let _switch = Switch::open(directory.path(), &injections).unwrap();
    let _silent = UnixStream::connect(directory.path().join("fail.sock"))
        .await
        .unwrap();
    let huge = format!(
        r#"{{"add":[{}"settle:1"]}}"#,
        r#""settle:1","#.repeat(1_000_000)
    );
    let hostile: [&[u8]; 8] = [
        b"",
        b"\0\xff\xfe",
        b"null",
        b"\"list\" \"clear\"",
        br#"{"add":["settle:0"]}"#,
        br#"{"add":["mail:1"]}"#,
        &b"[".repeat(100_000),
        huge.as_bytes(),
    ];
    for bytes in hostile {
        let answer = sent(directory.path(), bytes).await;
        assert!(
            !answer.starts_with(br#"{"to-come""#),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(to_come(&sent(directory.path(), br#""list""#).await), 0);
    assert_eq!(
        to_come(&sent(directory.path(), br#"{"add":["settle:3:slow","queue:1"]}"#).await),
        2
    );
    assert_eq!(injections.list().len(), 2);
    assert_eq!(to_come(&sent(directory.path(), br#""clear""#).await), 0);
}

#[tokio::test]
async fn the_socket_is_its_users_alone_in_whatever_directory_and_gone_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("deep".repeat(40));
    fs::create_dir(&deep).unwrap();
    for place in [directory.path(), &deep] {
        let injections = Arc::new(Injections::new(&[]).unwrap());
        let path = place.join("fail.sock");
        // What a killed server leaves behind.
        drop(
            std::os::unix::net::UnixListener::bind(Address::in_directory(place).unwrap().path())
                .unwrap(),
        );
        let switch = Switch::open(place, &injections).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(to_come(&sent(place, br#""list""#).await), 0);
        drop(switch);
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn a_file_of_somebody_elses_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fail.sock");
    fs::write(&path, "mine").unwrap();
    let injections = Arc::new(Injections::new(&[]).unwrap());
    assert!(Switch::open(directory.path(), &injections).is_none());
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert!(
        injections
            .at(crate::injection::Stage::Queue, &"contact/1")
            .now_or_never()
            .unwrap()
            .is_ok()
    );
}

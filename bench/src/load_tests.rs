//! The load generator against a tiny server of its own.

use std::convert::Infallible;

use hyper::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;

use super::*;

/// Serves this status to everything, on a free port, for as long as the runtime lives.
async fn serve(status: StatusCode) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = service_fn(move |request: Request<Incoming>| async move {
                let length = request
                    .into_body()
                    .collect()
                    .await
                    .unwrap()
                    .to_bytes()
                    .len();
                let body = Full::new(Bytes::from(length.to_string()));
                Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap())
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    address
}

fn load(status: StatusCode, ask: Ask, connections: u32) -> Result<Done> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let address = serve(status).await;
        run(address, ask, connections, Duration::from_millis(50)).await
    })
}

#[test]
fn every_connection_has_a_last_answer_and_sends_one_kilobyte() {
    let done = load(StatusCode::ACCEPTED, Ask::Submit, 4).unwrap();
    assert_eq!(done.last, vec![Bytes::from_static(b"1024"); 4]);
    assert!(done.samples.count() >= 4 && done.refused == 0);
}

#[test]
fn a_health_check_has_no_body() {
    assert_eq!(load(StatusCode::OK, Ask::Health, 1).unwrap().last, ["0"]);
}

#[test]
fn an_answer_that_should_not_be_ends_the_run() {
    let error = load(StatusCode::UNPROCESSABLE_ENTITY, Ask::Submit, 1)
        .err()
        .unwrap();
    assert!(error.to_string().contains("422"), "{error}");
}

#[test]
fn a_server_that_only_refuses_has_no_figures() {
    assert!(load(StatusCode::SERVICE_UNAVAILABLE, Ask::Submit, 1).is_err());
}

#[test]
fn submissions_are_json_and_no_two_alike() {
    let (one, other) = (submission(1, 2), submission(2, 1));
    assert_ne!(one, other);
    let fields: serde_json::Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(
        (one.len(), fields["email"].as_str()),
        (RECORD, Some("ada@example.org"))
    );
}

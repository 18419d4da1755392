//! Receivers behind HTTP that answer badly, late or not at all, over real connections: each has its cause, is tried again
//! with the id it had, and gets it in the end. What has answered 2xx has it, whatever becomes of the rest.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_telling::attempt::{Ask, Courier};
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::net::{Resolver, Trust};
use counterfoil_telling::ports::{Deliveries, Settled};
use counterfoil_telling::post::{Limits, Post};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::receivers::Receivers;
use counterfoil_telling::schedule::Jitter;
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::forms;
use counterfoil_testkit::contract::deliveries::owed;
use counterfoil_testkit::deliveries::{Everybody, MemoryDeliveries};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const HOOK: &str = "[receivers.crm]\nkind = \"webhook\"\nurl = \"http://crm.example.org/hook\"\nsecret_env = [\"K\"]\n\
                    allow_private = [\"127.0.0.0/8\"]\n";
const GOOD: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// What a receiver does with its one connection.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Answers this, and hangs up.
    Says(&'static str),
    /// Answers this, and holds the connection.
    SaysAndHolds(&'static str),
    /// Answers a byte now and then, and never comes to an end.
    Drips,
    /// Sends headers without end.
    Floods,
    /// Resets the connection before it has read anything.
    Resets,
    /// Resets it in the middle of its answer.
    ResetsAnswering,
}

/// Plays one receiver; gives the webhook's id where it has read it.
async fn receiver(does: Does) -> (SocketAddr, JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let played = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if matches!(does, Does::Resets) {
            // Closed with something unread, a connection is reset.
            stream.readable().await.unwrap();
            return None;
        }
        if matches!(does, Does::ResetsAnswering) {
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncont").await.unwrap();
            return None;
        }
        let id = read(&mut stream).await;
        answer(&mut stream, does).await;
        Some(id)
    });
    (at, played)
}

/// Reads the whole request, and gives its id.
async fn read(stream: &mut TcpStream) -> String {
    let (mut asked, mut bytes) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut bytes).await.unwrap();
        asked.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        let Some((head, body)) = asked.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name| {
            head.lines()
                .find_map(|line: &str| line.strip_prefix(name))
                .unwrap()
        };
        let length: usize = header("content-length: ").parse().unwrap();
        if body.len() >= length {
            return header("webhook-id: ").to_owned();
        }
    }
}

/// Whoever hangs up on it meanwhile may.
async fn answer(stream: &mut TcpStream, does: Does) {
    match does {
        Does::Says(text) => drop(stream.write_all(text.as_bytes()).await),
        Does::SaysAndHolds(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.read(&mut [0]).await;
        }
        Does::Drips => {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(b"H").await.is_ok() {
                ticks.tick().await;
            }
        }
        Does::Floods => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while stream.write_all(b"x-more: and more\r\n").await.is_ok() {}
        }
        Does::Resets | Does::ResetsAnswering => {}
    }
}

/// Answers each question with the next of these.
struct Names(Mutex<VecDeque<SocketAddr>>);

impl Resolver for Names {
    async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.0.lock().unwrap().pop_front().into_iter().collect())
    }
}

struct Told {
    clock: Arc<ManualClock>,
    courier: Courier<MemoryDeliveries, Post<Names>, Everybody>,
}

impl Told {
    fn new(addresses: &[SocketAddr], limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::new());
        let env = |_: &str| Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let courier = Courier {
            home: MemoryDeliveries::default(),
            sender: Post {
                receivers: Arc::new(Receivers::parse(HOOK, &env).unwrap()),
                forms: Arc::new(forms()),
                stage: "local".into(),
                resolver: Names(Mutex::new(addresses.iter().copied().collect())),
                trust: Trust::with_native_roots(Vec::new()),
                limits,
                copies: None,
            },
            audience: Everybody {
                names: vec![ReceiverName::parse("crm").unwrap()],
                shown: false,
                times: None,
            },
            clock: clock.clone(),
            jitter: Arc::new(|| Jitter::NONE),
        };
        Self { clock, courier }
    }

    async fn owe(&self) -> Delivery {
        let delivery = owed("crm", 1, 1, 0);
        let born = std::slice::from_ref(&delivery);
        self.courier.home.bear(born).await.unwrap();
        delivery
    }

    async fn attempt(&self, delivery: &Delivery) -> Settled {
        let settled = self
            .courier
            .attempt(std::slice::from_ref(delivery), ReceiverState::Up)
            .await;
        settled.unwrap().remove(0)
    }

    /// What is due now, and how long from now the rest is.
    async fn due(&self) -> Vec<Delivery> {
        let receiver = ReceiverName::parse("crm").unwrap();
        let ask = Ask {
            receiver: &receiver,
            in_hand: &[],
            most: 9,
            sent: 0,
        };
        self.courier.next(ask).await.unwrap().letters.concat()
    }
}

/// Long for a receiver on this machine that answers at all.
fn patient() -> Limits {
    Limits::default()
}

/// For a receiver that never will.
fn impatient() -> Limits {
    Limits {
        web: Duration::from_millis(150),
        ..Limits::default()
    }
}

#[tokio::test]
async fn whatever_a_receiver_does_has_its_cause_and_is_tried_again_with_the_id_it_had() {
    let redirect =
        "HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    for (does, limits, cause) in [
        (
            Does::Says("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
            patient(),
            "answered-error",
        ),
        (Does::Says("{\"ok\": true}\r\n\r\n"), patient(), "broke-off"),
        (
            Does::Says("HTTP/1.1 two hundred\r\n\r\n"),
            patient(),
            "broke-off",
        ),
        (Does::Says(""), patient(), "broke-off"),
        (Does::Says(redirect), patient(), "redirected"),
        (Does::Floods, patient(), "broke-off"),
        (Does::Resets, patient(), "broke-off"),
        (Does::ResetsAnswering, patient(), "broke-off"),
        (Does::Drips, impatient(), "timed-out"),
        (Does::SaysAndHolds(""), impatient(), "timed-out"),
        (
            Does::SaysAndHolds("HTTP/1.1 200 OK\r\n"),
            impatient(),
            "timed-out",
        ),
    ] {
        let (bad, played) = receiver(does).await;
        let (good, took) = receiver(Does::Says(GOOD)).await;
        let mut told = Told::new(&[bad, good], limits);
        let born = told.owe().await;
        told.clock.advance(Duration::from_secs(1));
        let settled = told.attempt(&born).await;
        let after = &settled.delivery;
        let code = after.cause.as_ref().map(|cause| cause.code.as_str());
        assert_eq!(
            (after.state, code),
            (DeliveryState::Waiting, Some(cause)),
            "{does:?}"
        );
        assert_eq!(told.due().await, [], "{does:?}: not at once");
        told.clock.advance(Duration::from_secs(5));
        let due = told.due().await;
        assert_eq!(due.len(), 1, "{does:?}: after 5 seconds");
        // It is well again, and as slow as this machine may be.
        told.courier.sender.limits = patient();
        let settled = told.attempt(&due[0]).await;
        assert_eq!(settled.delivery.state, DeliveryState::Delivered, "{does:?}");
        let id = born.id.to_string();
        assert_eq!(took.await.unwrap(), Some(id.clone()), "{does:?}");
        let before = played.await.unwrap();
        assert!(before.is_none_or(|before| before == id), "{does:?}");
    }
}

#[tokio::test]
async fn a_status_decides_whatever_becomes_of_its_body() {
    let (delivered, waiting) = (DeliveryState::Delivered, DeliveryState::Waiting);
    let up = ReceiverState::Up;
    for (does, state, health) in [
        (
            Does::SaysAndHolds("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nthanks"),
            delivered,
            up,
        ),
        (
            Does::Says("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nthanks"),
            delivered,
            up,
        ),
        (
            Does::Says(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nthanks\r\nno chunk",
            ),
            delivered,
            up,
        ),
        (
            Does::SaysAndHolds("HTTP/1.1 410 Gone\r\ncontent-length: 99\r\n\r\nthanks"),
            waiting,
            ReceiverState::Disabled,
        ),
    ] {
        let (at, _) = receiver(does).await;
        let told = Told::new(&[at], patient());
        let settled = told.attempt(&told.owe().await).await;
        assert_eq!(
            (settled.delivery.state, settled.health.state),
            (state, health),
            "{does:?}"
        );
        assert_eq!(said(&told, &settled.delivery).await, "thanks", "{does:?}");
    }
}

#[tokio::test]
async fn of_a_long_answer_the_beginning_is_kept() {
    let page = format!("the database is down{}", ".".repeat(100_000));
    let text = format!(
        "HTTP/1.1 500 No\r\ncontent-length: {}\r\n\r\n{page}",
        page.len()
    );
    let (at, _) = receiver(Does::Says(text.leak())).await;
    let told = Told::new(&[at], patient());
    let settled = told.attempt(&told.owe().await).await;
    assert_eq!(settled.delivery.state, DeliveryState::Waiting);
    assert_eq!(said(&told, &settled.delivery).await, page[..500]);
}

/// What its last attempt was answered, as it is kept.
async fn said(told: &Told, delivery: &Delivery) -> String {
    use counterfoil_telling::ports::DeliveryDesk;
    let kept = told.courier.home.told(&delivery.id).await.unwrap();
    let last = kept.unwrap().attempts.pop().unwrap();
    last.reply.said.unwrap()
}

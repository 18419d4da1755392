//! The queue and its dead-letter queue: how long they keep, hide and retry.

use std::time::Duration;

use counterfoil_aws::client::Patience;
use counterfoil_core::calls::LEAST;
use counterfoil_core::settling::{RetryPolicy, SHELTER};
use serde_json::json;

use crate::stack::{Stack, Verdict, ensure, hold, named};

/// A row stops at 400 KB, and one byte of the payload may be six in the queue.
const LARGEST: i64 = 160 * 1024;

/// AWS asks for six time-outs of the function, and the longest window, so that no batch is handed out twice.
fn batches_stay_hidden(stack: &Stack) -> Verdict {
    let window = stack
        .at("/Parameters/BatchWindow/MaxValue")
        .as_i64()
        .ok_or("the window has no ceiling")?;
    [
        ("Worker", "Queue", window),
        ("Buryer", "DeadLetterQueue", 0),
    ]
    .into_iter()
    .try_for_each(|(function, queue, window)| {
        let timeout = stack.number(function, "Timeout")?;
        let hidden = stack.number(queue, "VisibilityTimeout")?;
        ensure(hidden >= 6 * timeout + window, || {
            format!("{queue} hides for {hidden} s, {function} takes {timeout} s")
        })
    })
}

/// DynamoDB's outage of October 2025, in seconds: 2 h 52 min.
const OUTAGE: i64 = 10_320;

/// A message that no code of ours has backed off waits as long as one that was, at its longest: so its tries span no less
/// when the worker cannot start, or is ended each time. A number of its own: whoever makes the waits shorter says nothing of
/// what happens without them.
fn visibility_does_not_depend_on_code_that_lives(stack: &Stack) -> Verdict {
    let hidden = stack
        .property("Queue", "VisibilityTimeout")
        .as_i64()
        .ok_or("the visibility is no number of its own")?;
    let cap = default(stack, "RetryCap")?;
    ensure(hidden == cap, || {
        format!("the queue hides for {hidden} s, and a back-off is at most {cap} s")
    })
}

/// The waits between all receives of a message, in whatever way the worker fails.
fn spans(stack: &Stack) -> Result<[(&'static str, i64); 4], String> {
    let retry = RetryPolicy {
        base: secs(default(stack, "RetryBase")?),
        cap: secs(default(stack, "RetryCap")?),
        max_receives: u32::try_from(stack.number("Queue", "RedrivePolicy/maxReceiveCount")?)
            .map_err(|e| e.to_string())?,
    };
    let hidden = stack.number("Queue", "VisibilityTimeout")?;
    let backed_off = |receives| whole(retry.back_off(receives)).min(hidden);
    let sheltered = |receives| {
        if receives <= 2 {
            whole(SHELTER).min(hidden)
        } else {
            hidden
        }
    };
    let sum = |wait: &dyn Fn(u32) -> i64| (1..retry.max_receives).map(wait).sum();
    Ok([
        ("every call is refused", sum(&backed_off)),
        (
            "every call hangs: what is not tried is backed off all the same",
            sum(&backed_off),
        ),
        ("the worker cannot start", sum(&|_| hidden)),
        (
            "the worker is ended in the middle, beside a suspect each time",
            sum(&sheltered),
        ),
    ])
}

/// Longer than DynamoDB's outage of October 2025, and the worker knows which receive is its last.
fn receives_outlast_an_outage(stack: &Stack) -> Verdict {
    let receives = stack.number("Queue", "RedrivePolicy/maxReceiveCount")?;
    ensure(receives >= 20, || {
        format!("a dead letter after {receives} receives")
    })?;
    for (how, span) in spans(stack)? {
        ensure(span >= OUTAGE.max(3 * 3_600), || {
            format!("{how}: the last try is {span} s after the first")
        })?;
    }
    let known = stack.property("Worker", "Environment/Variables/MAX_RECEIVES");
    ensure(
        known == stack.property("Queue", "RedrivePolicy/maxReceiveCount"),
        || "the worker counts to another end".into(),
    )
}

/// Whatever an invocation has begun, it has hidden what comes back before its time is over: the last call begins with
/// [`LEAST`] left. Before that there is time for hiding the neighbours of a suspect, and for a call.
fn what_comes_back_is_hidden_in_time(stack: &Stack) -> Verdict {
    let (call, hiding) = (Patience::default().call, Patience::HIDING.call);
    ensure(call + hiding < LEAST, || {
        format!("a call takes {call:?} and hiding {hiding:?}, of the last {LEAST:?}")
    })?;
    ["Worker", "Buryer"].into_iter().try_for_each(|function| {
        let timeout = secs(stack.number(function, "Timeout")?);
        // One after the other, and none begins with less than that left.
        let calls = (1..)
            .take_while(|made| hiding + call * (made - 1) + LEAST <= timeout)
            .count();
        let worst = hiding + call * u32::try_from(calls).map_err(|e| e.to_string())? + hiding;
        ensure(calls >= 1, || format!("{function} has no time for a call"))?;
        ensure(worst < timeout, || {
            format!("{function}: {calls} calls and hiding take {worst:?} of {timeout:?}")
        })
    })?;
    let timeout = secs(stack.number("Worker", "Timeout")?);
    ensure(SHELTER >= 2 * timeout, || {
        "a sheltered message comes back while its batch is still worked on".into()
    })
}

fn secs(secs: i64) -> Duration {
    Duration::from_secs(secs.unsigned_abs())
}

fn whole(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn default(stack: &Stack, parameter: &str) -> Result<i64, String> {
    stack
        .at(&format!("/Parameters/{parameter}/Default"))
        .as_i64()
        .ok_or_else(|| format!("{parameter} has no default"))
}

/// A dead letter's age counts from its first sending.
fn dead_letters_keep_longer(stack: &Stack) -> Verdict {
    let source = stack.number("Queue", "MessageRetentionPeriod")?;
    let dead = stack.number("DeadLetterQueue", "MessageRetentionPeriod")?;
    ensure(source >= 4 * 86_400, || {
        format!("the queue keeps for {source} s")
    })?;
    ensure(dead == 14 * 86_400, || {
        format!("the dead-letter queue keeps for {dead} s")
    })?;
    ensure(dead > source, || "dead letters would expire first".into())
}

/// The queue redrives to the dead-letter queue, which lets nobody else.
fn only_the_queue_redrives(stack: &Stack) -> Verdict {
    let target = named(stack.property("Queue", "RedrivePolicy/deadLetterTargetArn"));
    ensure(target == Some("DeadLetterQueue"), || {
        "the queue redrives elsewhere".into()
    })?;
    let allowed = stack.property("DeadLetterQueue", "RedriveAllowPolicy");
    ensure(allowed["redrivePermission"] == "byQueue", || {
        "anybody may redrive".into()
    })?;
    // The name stands in both: each queue cannot refer to the other.
    let name = &stack.property("Queue", "QueueName")["Fn::Sub"];
    let source = &allowed["sourceQueueArns"][0]["Fn::Sub"];
    let fixed = !name.to_string().replace("${Stack}", "").contains("${");
    ensure(fixed, || {
        "a parameter would give the queue another name, and leave behind what waits in it".into()
    })?;
    let ends = source[0]
        .as_str()
        .zip(name[0].as_str())
        .is_some_and(|(arn, name)| arn.ends_with(&format!(":{name}")));
    ensure(ends && source[1] == name[1], || {
        "the dead-letter queue allows another queue".into()
    })
}

fn messages_fit_a_row(stack: &Stack) -> Verdict {
    ["Queue", "DeadLetterQueue"]
        .into_iter()
        .try_for_each(|queue| {
            let size = stack.number(queue, "MaximumMessageSize")?;
            ensure(size <= LARGEST, || format!("{queue} takes {size} bytes"))
        })
}

/// Nothing in the clear: every queue and topic refuses what comes without TLS, and encrypts what it keeps.
fn nothing_is_in_the_clear(stack: &Stack) -> Verdict {
    let policies = [
        stack.all("AWS::SQS::QueuePolicy"),
        stack.all("AWS::SNS::TopicPolicy"),
    ]
    .concat();
    let statements = policies.into_iter().map(|policy| {
        let statement = stack.property(policy, "PolicyDocument/Statement/0");
        let denies = statement["Effect"] == "Deny" && statement["Principal"] == "*";
        let without = &statement["Condition"]["Bool"]["aws:SecureTransport"];
        (denies && without == "false").then(|| statement["Resource"].clone())
    });
    let covered = json!(statements.collect::<Vec<_>>()).to_string();
    let covers = |name: &str| {
        covered.contains(&format!("\"{name}\"")) || covered.contains(&format!("\"{name}.Arn\""))
    };
    let open = [stack.all("AWS::SQS::Queue"), stack.all("AWS::SNS::Topic")].concat();
    let open: Vec<_> = open.into_iter().filter(|name| !covers(name)).collect();
    ensure(open.is_empty(), || format!("without TLS: {open:?}"))?;
    let keyless = |name: &&str| stack.property(name, "SqsManagedSseEnabled/Fn::If/2") != true;
    let keyless: Vec<_> = stack
        .all("AWS::SQS::Queue")
        .into_iter()
        .filter(keyless)
        .collect();
    ensure(keyless.is_empty(), || format!("not encrypted: {keyless:?}"))?;
    let topic = stack.property("Topic", "KmsMasterKeyId/Fn::If/2");
    ensure(topic == "alias/aws/sns", || {
        "the topic is not encrypted".into()
    })
}

/// SQS documents that a statement of a queue's policy has one resource; and it is a queue's own.
fn a_policy_is_of_one_queue(stack: &Stack) -> Verdict {
    let of_queue = |queue: &str| {
        let holds = |name: &&str| *stack.property(name, "Queues") == json!([{"Ref": queue}]);
        stack
            .all("AWS::SQS::QueuePolicy")
            .into_iter()
            .filter(holds)
            .collect::<Vec<_>>()
    };
    stack
        .all("AWS::SQS::Queue")
        .into_iter()
        .try_for_each(|queue| {
            // Two policies of one queue would overwrite each other.
            let [policy] = of_queue(queue)[..] else {
                return Err(format!("{queue} has {:?}", of_queue(queue)));
            };
            let statements = stack
                .property(policy, "PolicyDocument/Statement")
                .as_array()
                .ok_or("no statement")?;
            let own = json!({"Fn::GetAtt": format!("{queue}.Arn")});
            ensure(statements.iter().all(|one| one["Resource"] == own), || {
                format!("{policy} names another resource")
            })
        })
}

#[test]
fn a_queues_policy_is_its_own() {
    let both = json!([{"Ref": "Queue"}, {"Ref": "DeadLetterQueue"}]);
    let star = "/Resources/QueuesOverTlsOnly/Properties/PolicyDocument/Statement/0/Resource";
    let mutants = [
        Stack::ours().with("/Resources/QueuesOverTlsOnly/Properties/Queues", both),
        Stack::ours().with(
            star,
            json!([{"Fn::GetAtt": "Queue.Arn"}, {"Fn::GetAtt": "DeadLetterQueue.Arn"}]),
        ),
        Stack::ours().with(star, "*"),
        Stack::ours().without("/Resources/NoticeFailuresOverTlsOnly"),
    ];
    hold(a_policy_is_of_one_queue, &mutants);
}

#[test]
fn a_batch_is_not_handed_out_twice() {
    let ours = Stack::ours;
    let mutants = [
        ours().with("/Resources/Queue/Properties/VisibilityTimeout", 179),
        ours().with("/Resources/Worker/Properties/Timeout", 150),
        ours().with("/Parameters/BatchWindow/MaxValue", 900),
        ours().with(
            "/Resources/DeadLetterQueue/Properties/VisibilityTimeout",
            30,
        ),
    ];
    hold(batches_stay_hidden, &mutants);
}

#[test]
fn the_span_of_tries_does_not_depend_on_code_that_lives() {
    let visibility = "/Resources/Queue/Properties/VisibilityTimeout";
    let mutants = [
        Stack::ours().with(visibility, 200),
        Stack::ours().with(visibility, json!({"Ref": "RetryCap"})),
        Stack::ours().with("/Parameters/RetryCap/Default", 1800),
    ];
    hold(visibility_does_not_depend_on_code_that_lives, &mutants);
}

#[test]
fn a_function_answers_before_it_is_ended() {
    let timeout = |function: &str, secs: i64| {
        Stack::ours().with(&format!("/Resources/{function}/Properties/Timeout"), secs)
    };
    hold(
        what_comes_back_is_hidden_in_time,
        &[
            timeout("Worker", 15),
            timeout("Worker", 60),
            timeout("Buryer", 10),
        ],
    );
}

#[test]
fn an_outage_of_hours_makes_no_dead_letters() {
    let ours = Stack::ours;
    let mutants = [
        ours().with("/Resources/Queue/Properties/VisibilityTimeout", 200),
        ours().with("/Parameters/MaxReceives/Default", 19),
        ours().with("/Parameters/RetryCap/Default", 60),
        ours().with(
            "/Resources/Worker/Properties/Environment/Variables/MAX_RECEIVES",
            20,
        ),
        ours().with(
            "/Resources/Queue/Properties/RedrivePolicy/maxReceiveCount",
            5,
        ),
    ];
    hold(receives_outlast_an_outage, &mutants);
}

#[test]
fn a_dead_letter_keeps_longer_than_it_was_queued() {
    let ours = Stack::ours;
    let dead = "/Resources/DeadLetterQueue/Properties/MessageRetentionPeriod";
    let source = "/Resources/Queue/Properties/MessageRetentionPeriod";
    let mutants = [
        ours().with(dead, 345_600),
        ours().without(dead),
        ours().with(source, 1_209_600),
        ours().with(source, 60),
    ];
    hold(dead_letters_keep_longer, &mutants);
}

#[test]
fn nobody_else_redrives_here() {
    let allowed = "/Resources/DeadLetterQueue/Properties/RedriveAllowPolicy";
    let mutants = [
        Stack::ours().without(allowed),
        Stack::ours().with(&format!("{allowed}/redrivePermission"), "allowAll"),
        Stack::ours().with("/Resources/Queue/Properties/QueueName/Fn::Sub/0", "another"),
        Stack::ours().with(
            "/Resources/Queue/Properties/QueueName/Fn::Sub/0",
            "counterfoil-${Stage}-${Stack}",
        ),
        Stack::ours().without("/Resources/Queue/Properties/RedrivePolicy"),
    ];
    hold(only_the_queue_redrives, &mutants);
}

#[test]
fn what_is_accepted_fits_a_row() {
    let place = "/Resources/Queue/Properties/MaximumMessageSize";
    hold(
        messages_fit_a_row,
        &[
            Stack::ours().with(place, 262_144),
            Stack::ours().without(place),
        ],
    );
}

#[test]
fn queues_and_topic_take_and_keep_nothing_in_the_clear() {
    let ours = Stack::ours;
    let queues = "/Resources/QueuesOverTlsOnly/Properties/PolicyDocument/Statement/0";
    let mutants = [
        ours().with(&format!("{queues}/Effect"), "Allow"),
        ours().without("/Resources/DeadLettersOverTlsOnly"),
        ours()
            .without("/Resources/TopicOverTlsOnly/Properties/PolicyDocument/Statement/0/Condition"),
        ours().with(
            "/Resources/Queue/Properties/SqsManagedSseEnabled/Fn::If/2",
            false,
        ),
        ours().without("/Resources/Topic/Properties/KmsMasterKeyId"),
    ];
    hold(nothing_is_in_the_clear, &mutants);
}

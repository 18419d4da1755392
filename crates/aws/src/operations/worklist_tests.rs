//! What the index is asked, and how partitions become pages. The contract itself is held on the emulator.

use counterfoil_testkit::build::THEN;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, ledger};

fn form() -> FormId {
    FormId::parse("contact").unwrap()
}

/// The millisecond `at` after the beginning.
fn time(at: u64) -> Timestamp {
    THEN.plus(std::time::Duration::from_millis(at))
}

fn row(number: u8, at: u64) -> Listed {
    Listed {
        of: SubmissionRef {
            form: form(),
            id: SubmissionId::from_bytes([number; 16]),
        },
        state: State::Failed,
        received_at: time(at),
        updated_at: THEN,
        attempts: u32::from(number),
        run: 0,
        verdict_run: 0,
        cause: Some(Cause::gave_up(20)),
        hold: None,
    }
}

/// A row as the index gives it.
fn item(row: &Listed) -> Value {
    json!({
        "pk": {"S": format!("contact#{}", row.of.id.shard())},
        "sk": {"S": row.of.id.to_string()},
        "state": {"S": "failed"},
        "received_at": {"N": row.received_at.as_millis().to_string()},
        "updated_at": {"N": row.updated_at.as_millis().to_string()},
        "attempts": {"N": row.attempts.to_string()},
        "run": {"N": "0"},
        "verdict_run": {"N": "0"},
        "cause": {"S": serde_json::to_string(&row.cause).unwrap()},
    })
}

fn last(row: &Listed) -> Value {
    let item = item(row);
    json!({"view": {"S": "failed#contact#0"}, "received_at": item["received_at"], "pk": item["pk"], "sk": item["sk"]})
}

fn told(page: &Page) -> Vec<u32> {
    page.rows.iter().map(|row| row.attempts).collect()
}

fn course(order: SortOrder) -> Course {
    Course { order, from: None }
}

fn start(rows: Vec<Listed>, end: Option<u64>) -> Start<Listed> {
    let rows = rows
        .into_iter()
        .map(|row| ((row.received_at, row.of.clone()), row))
        .collect();
    Start {
        rows,
        end: end.map(time),
        read: 0,
    }
}

#[test]
fn a_page_ends_where_a_partition_may_hide_something() {
    let starts = || {
        vec![
            start(vec![row(1, 10), row(4, 40)], None),
            start(vec![row(2, 20), row(3, 30)], Some(30)),
        ]
    };
    let all = Filter::default();
    let first = merged(starts(), &all, &course(SortOrder::OldestFirst), 10);
    assert_eq!(
        (told(&first), first.next),
        (vec![1, 2], Some(row(2, 20).place())),
        "3 may have a neighbour"
    );
    let short = merged(starts(), &all, &course(SortOrder::OldestFirst), 1);
    assert_eq!(
        (told(&short), short.next),
        (vec![1], Some(row(1, 10).place()))
    );
    let newest = merged(starts(), &all, &course(SortOrder::NewestFirst), 10);
    assert_eq!(
        (told(&newest), newest.next),
        (vec![4], Some(row(4, 40).place()))
    );
    let none = Filter {
        cause: Some("other".into()),
        ..Filter::default()
    };
    let none = merged(starts(), &none, &course(SortOrder::OldestFirst), 10);
    assert_eq!(
        (told(&none), none.next),
        (vec![], Some(row(2, 20).place())),
        "it goes on all the same"
    );
    let all = merged(
        vec![start(vec![row(1, 10)], None)],
        &all,
        &course(SortOrder::OldestFirst),
        1,
    );
    assert_eq!((told(&all), all.next), (vec![1], None));
}

#[tokio::test]
async fn a_partition_is_read_on_while_nothing_of_it_is_complete() {
    let [one, two, three, four] = [row(1, 10), row(2, 10), row(3, 10), row(4, 11)];
    let answer = |rows: &[&Listed], more: bool| {
        let mut answer = json!({"Items": rows.iter().map(|row| item(row)).collect::<Vec<_>>()});
        if more {
            answer["LastEvaluatedKey"] = last(rows[rows.len() - 1]);
        }
        answer.to_string()
    };
    let answers = [
        answer(&[&one, &two], true),
        answer(&[&three], true),
        answer(&[&four], true),
    ];
    let answers: Vec<_> = answers
        .iter()
        .map(|answer| (200, answer.as_str()))
        .collect();
    let service = Service::answering(&answers);
    let course = Course {
        order: SortOrder::OldestFirst,
        from: Some((one.received_at, one.of.clone())),
    };
    let asked = PartitionQuery {
        low: number(10),
        high: number(20),
        limit: 2,
        course,
    };
    let read = ledger(&service)
        .read("failed#contact#0".into(), &asked)
        .await
        .unwrap();
    let rows: Vec<_> = read.rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!(
        (rows, read.end),
        (vec![two, three.clone(), four], Some(time(11))),
        "after the cursor, all of 10"
    );
    let asked: Vec<Value> = service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(
        asked[0]["KeyConditionExpression"],
        "#view = :view AND received_at BETWEEN :low AND :high"
    );
    assert_eq!(
        (&asked[0]["IndexName"], &asked[0]["ScanIndexForward"]),
        (&json!("view"), &json!(true))
    );
    assert_eq!(
        (
            &asked[0]["ExclusiveStartKey"],
            &asked[2]["ExclusiveStartKey"]
        ),
        (&Value::Null, &last(&three))
    );
}

#[tokio::test]
async fn what_a_filter_says_of_form_and_time_is_asked_of_the_index() {
    let filter = |since, until| Filter {
        form: Some(form()),
        since,
        until,
        ..Filter::default()
    };
    let service = Service::answering(&[(200, r#"{"Items":[]}"#); 8]);
    let paging = Paging::first(SortOrder::NewestFirst, 10).after(row(1, 15).place());
    let page = ledger(&service)
        .page(&filter(Some(time(10)), Some(time(20))), &paging)
        .await
        .unwrap();
    assert_eq!(page, Page::default());
    let asked: Vec<Value> = service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(asked.len(), 8, "a form's partitions, and no list of forms");
    let values = &asked[7]["ExpressionAttributeValues"];
    assert_eq!(values[":view"]["S"], "failed#contact#7");
    assert_eq!(values[":low"]["N"], time(10).as_millis().to_string());
    assert_eq!(values[":high"]["N"], time(15).as_millis().to_string());

    let never = Service::answering(&[]);
    let page = ledger(&never)
        .page(
            &filter(Some(time(20)), Some(time(20))),
            &Paging::first(SortOrder::OldestFirst, 10),
        )
        .await;
    assert_eq!(
        (page.unwrap(), never.asked().len()),
        (Page::default(), 0),
        "DynamoDB refuses to be asked this"
    );
}

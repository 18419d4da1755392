//! The events, as Lambda has them: HTTP API payload 2.0, SQS batches, records of the table's stream.

use bytes::Bytes;
use serde_json::{Value, json};

/// A post to the form `contact`.
pub fn post(body: &str) -> Bytes {
    http("POST", "/forms/contact", Some(body))
}

/// A poll of a ticket.
pub fn poll(ticket: &str) -> Bytes {
    http("GET", &format!("/tickets/{ticket}"), None)
}

fn http(method: &str, path: &str, body: Option<&str>) -> Bytes {
    let host = "abc123.execute-api.us-east-1.amazonaws.com";
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "content-type": "application/json",
            "content-length": body.map_or(0, str::len).to_string(),
            "host": host,
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": host,
            "domainPrefix": "abc123",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "bench",
            },
            "requestId": "MIZRNhJtIAMEMDw=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "22/Nov/2026:22:14:11 +0000",
            "timeEpoch": 1_795_385_651_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    });
    event.to_string().into()
}

/// These bodies as a batch of a queue.
pub fn batch(bodies: &[String]) -> Bytes {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012}"),
            "receiptHandle": format!("receipt-{number}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795385651007",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1795385651012",
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:submissions",
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
        .to_string()
        .into()
}

/// These items as new in the table's stream.
pub fn stream(items: &[Value]) -> Bytes {
    let record = |(number, item): (usize, &Value)| {
        json!({
            "eventID": format!("{number:032}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_385_652.0,
                "Keys": { "pk": item["pk"], "sk": item["sk"] },
                "SequenceNumber": format!("1{number:020}"),
                "SizeBytes": 1400,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "NewImage": item,
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/entries/stream/2026-11-22T00:00:00.000",
        })
    };
    json!({ "Records": items.iter().enumerate().map(record).collect::<Vec<_>>() })
        .to_string()
        .into()
}

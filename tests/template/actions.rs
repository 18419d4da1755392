//! What each function may do, and to what: the ports it uses, written down once more. What is not here is forbidden.

/// An action, and the resource as the template names it.
pub type Grant = (&'static str, &'static str);

/// Each role with all that it may do besides writing to its own log group.
pub const ALLOWED: [(&str, &[Grant]); 6] = [
    ("IngestRole", &[("sqs:SendMessage", "Queue.Arn")]),
    ("StatusRole", &[("dynamodb:GetItem", "Table.Arn")]),
    (
        "WorkerRole",
        &[
            ("sqs:ReceiveMessage", "Queue.Arn"),
            ("sqs:DeleteMessage", "Queue.Arn"),
            ("sqs:GetQueueAttributes", "Queue.Arn"),
            ("sqs:ChangeMessageVisibility", "Queue.Arn"),
            ("dynamodb:ConditionCheckItem", "Table.Arn"),
            ("dynamodb:PutItem", "Table.Arn"),
            ("dynamodb:UpdateItem", "Table.Arn"),
        ],
    ),
    (
        "BuryerRole",
        &[
            ("sqs:ReceiveMessage", "DeadLetterQueue.Arn"),
            ("sqs:DeleteMessage", "DeadLetterQueue.Arn"),
            ("sqs:GetQueueAttributes", "DeadLetterQueue.Arn"),
            ("dynamodb:ConditionCheckItem", "Table.Arn"),
            ("dynamodb:PutItem", "Table.Arn"),
            ("dynamodb:UpdateItem", "Table.Arn"),
        ],
    ),
    (
        "NotifierRole",
        &[
            ("dynamodb:DescribeStream", "Table.StreamArn"),
            ("dynamodb:GetRecords", "Table.StreamArn"),
            ("dynamodb:GetShardIterator", "Table.StreamArn"),
            ("dynamodb:ListStreams", "${Table.Arn}/stream/*"),
            ("sns:Publish", "Topic"),
            // What it sets aside, and its mapping's on-failure destination.
            ("sqs:SendMessage", "NoticeFailures.Arn"),
        ],
    ),
    (
        "CourierRole",
        &[
            ("dynamodb:DescribeStream", "Table.StreamArn"),
            ("dynamodb:GetRecords", "Table.StreamArn"),
            ("dynamodb:GetShardIterator", "Table.StreamArn"),
            ("dynamodb:ListStreams", "${Table.Arn}/stream/*"),
            // What receivers are owed: by its keys, and by the index of what is due.
            ("dynamodb:PutItem", "Table.Arn"),
            ("dynamodb:Query", "Table.Arn"),
            ("dynamodb:Query", "${Table.Arn}/index/view"),
            // The fields that a form shows a receiver.
            ("dynamodb:GetItem", "Table.Arn"),
        ],
    ),
];

/// Every function, with its own log group.
pub const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// With a key of one's own, and on that key alone.
pub const KEYS: [(&str, &[&str]); 6] = [
    ("IngestRole", &["kms:Decrypt", "kms:GenerateDataKey"]),
    ("StatusRole", &["kms:Decrypt"]),
    ("WorkerRole", &["kms:Decrypt"]),
    ("BuryerRole", &["kms:Decrypt"]),
    ("NotifierRole", &["kms:Decrypt", "kms:GenerateDataKey"]),
    ("CourierRole", &["kms:Decrypt"]),
];

/// The resources with a star in them that we know of, with the reason.
pub const STARS: [&str; 1] = [
    // ListStreams has no finer resource than the streams of one table.
    "${Table.Arn}/stream/*",
];

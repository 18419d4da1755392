-- Version 8: what needs a person (alarms.rs), and how far it was told.

CREATE TABLE alarms (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- `Alarm` of `telling`, as JSON.
    alarm TEXT NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- Version 1. Times are milliseconds since 1970; ids are 16 bytes; hashes are 32.

-- Encoded envelopes that wait for the worker. A lease is kept in memory only: the directory's lock proves that
-- there is no other worker, so at start every lease is void. AUTOINCREMENT, because the worker reads what is
-- new by position, and a position must never be given twice.
CREATE TABLE queue (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    visible_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Only what failed before is found by time; what is new is found by position and costs no index.
CREATE INDEX queue_retries ON queue (visible_at) WHERE receives > 0;

-- What the queue gave up on, until `bury` has made entries of it.
CREATE TABLE dead_letter_queue (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    receives INTEGER NOT NULL
) STRICT;

-- The ledger. `entry` is the order of settling; the payload lies at the table's end, so that ids in random
-- order touch only the small index.
CREATE TABLE entries (
    entry INTEGER PRIMARY KEY,
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER NOT NULL,
    run INTEGER NOT NULL,
    verdict_run INTEGER NOT NULL,
    content BLOB,
    payload_hash BLOB,
    schema TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    cause TEXT,
    hold TEXT,
    expires_at INTEGER,
    body_kind INTEGER NOT NULL,
    body BLOB
) STRICT;

CREATE UNIQUE INDEX entries_of ON entries (id, form);
CREATE INDEX entries_waiting ON entries (state, form, received_at) WHERE state IN ('failed', 'held', 'discarded');
CREATE INDEX entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL;

-- Every verdict after the first, and all that people do to an entry.
CREATE TABLE history (
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    run INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    cause TEXT,
    PRIMARY KEY (id, form, seq)
) STRICT, WITHOUT ROWID;

-- Changes of state that publishers have still to publish, written in the entry's own transaction.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    run INTEGER NOT NULL,
    cause TEXT,
    at INTEGER NOT NULL
) STRICT;

-- How far each publisher has come.
CREATE TABLE cursors (
    publisher TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Notices that a publisher will never take.
CREATE TABLE parked_notices (
    publisher TEXT NOT NULL,
    position INTEGER NOT NULL,
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (publisher, position)
) STRICT, WITHOUT ROWID;

-- The last time that was believed: a clock that runs far ahead of it must not remove anything.
CREATE TABLE clock (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seen_at INTEGER NOT NULL
) STRICT;

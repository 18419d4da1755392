-- Version 4. What is read is what was written: a checksum beside each row (see sums.rs). NULL: the row was written by a
-- former version, and is not checked by it.

ALTER TABLE entries ADD COLUMN sum BLOB;
ALTER TABLE history ADD COLUMN sum BLOB;
ALTER TABLE queue ADD COLUMN sum BLOB;
ALTER TABLE dead_letter_queue ADD COLUMN sum BLOB;
ALTER TABLE outbox ADD COLUMN sum BLOB;
ALTER TABLE cursors ADD COLUMN sum BLOB;
ALTER TABLE cause_notes ADD COLUMN sum BLOB;
ALTER TABLE replays ADD COLUMN sum BLOB;
ALTER TABLE replay_parts ADD COLUMN sum BLOB;

-- Counts commits, for the anchor (anchor.rs). Here, because the page of this table is written with each submission and
-- each verdict anyway: a table of its own would cost a page more each time.
INSERT INTO sqlite_sequence (name, seq) VALUES ('commits', 0);

-- What was answered with a ticket and is known to be lost, accepted by whoever runs this server.
CREATE TABLE losses (
    loss INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    said TEXT NOT NULL
) STRICT;

-- Version 4: the promises that a bad disk, a bad clock and a bad record broke.

-- What is read is what was written: a checksum beside each row (see sums.rs). NULL: the row was written by a
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

-- How the server of this directory tries again, for whoever stands in for it; and which message ended the
-- process, each time it was in hand alone. A message that was given up before has ended none.

CREATE TABLE policy (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    base_ms INTEGER NOT NULL,
    cap_ms INTEGER NOT NULL,
    max_receives INTEGER NOT NULL
) STRICT;

ALTER TABLE dead_letter_queue ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;

-- What is kept for a while is kept by the time that passes, not by what a clock says. Uptimes are milliseconds.

-- Boots of the machine. `ahead`: how far the clock was ahead of the uptime, by the last sweep; while the clock is doubted,
-- the most it was, so that nothing seems older than it is. `trusted`: the same when a sweep of this boot was first relied on.
CREATE TABLE boots (
    boot INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ahead INTEGER NOT NULL,
    trusted INTEGER
) STRICT;

-- The last sweep: what the clock and the uptime said, how long all sweeps have watched the two, and when on that count
-- they last parted; NULL: the clock is believed.
CREATE TABLE watch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seen_at INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    up INTEGER NOT NULL,
    watched INTEGER NOT NULL,
    doubted INTEGER
) STRICT;

-- No boot is number 0.
INSERT INTO watch SELECT 1, seen_at, 0, 0, 0, NULL FROM clock;
DROP TABLE clock;

-- Sweeps that believed the clock, at most one an hour. Removed is only what was past its retention at one a day old.
CREATE TABLE believed_sweeps (
    watched INTEGER PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    up INTEGER NOT NULL
) STRICT;

-- The boot in which, and the uptime at which, an entry's retention ends. NULL where a former version wrote it.
ALTER TABLE entries ADD COLUMN boot INTEGER;
ALTER TABLE entries ADD COLUMN expires_up INTEGER;

DROP INDEX entries_expiring;
CREATE INDEX entries_expiring ON entries (boot, expires_up) WHERE boot IS NOT NULL;
CREATE INDEX entries_expiring_before ON entries (expires_at) WHERE expires_at IS NOT NULL AND boot IS NULL;

-- What is counted to find what is lost: messages that were ever taken off both queues, and entries that there must be, by
-- form. `known`: how many of them are missing and known to be; '' is the queue.
CREATE TABLE disposed (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO disposed SELECT 1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'queue'), 0)
    - (SELECT count(*) FROM queue) - (SELECT count(*) FROM dead_letter_queue);

CREATE TABLE settled (
    form TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO settled SELECT form, count(*) FROM entries GROUP BY form;

CREATE TABLE lost_and_known (
    form TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Version 2: what people do to entries. Causes, deeds, jobs and candidates are JSON.

ALTER TABLE history ADD COLUMN hold TEXT;
ALTER TABLE history ADD COLUMN deed TEXT;
-- What was submitted before an edit.
ALTER TABLE history ADD COLUMN before BLOB;

-- A first verdict that is not `stored` is in the history from now on.
INSERT OR IGNORE INTO history (form, id, seq, at, state, run, attempts, cause, hold)
    SELECT form, id, seq, updated_at, state, verdict_run, attempts, cause, hold FROM entries
    WHERE seq = 1 AND state IN ('failed', 'held');

-- The worklist, in its order: of one form, and of all.
DROP INDEX entries_waiting;
CREATE INDEX worklist_of_form ON entries (state, form, received_at, id) WHERE state IN ('failed', 'held', 'discarded');
CREATE INDEX worklist ON entries (state, received_at, form, id) WHERE state IN ('failed', 'held', 'discarded');

-- What people have said of causes.
CREATE TABLE cause_notes (
    fingerprint TEXT PRIMARY KEY,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Replay jobs, and their candidates until they are done. Ids sort by time.
CREATE TABLE replays (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    job TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE replay_parts (
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    candidates TEXT NOT NULL,
    PRIMARY KEY (id, part)
) STRICT;

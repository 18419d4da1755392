-- Version 7: what is owed to receivers (deliveries.rs), and how they are.

-- One telling of one change for one receiver. Of what was submitted, nothing: a letter reads it from the entry.
CREATE TABLE deliveries (
    receiver TEXT NOT NULL,
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    -- The change.
    entry_state TEXT NOT NULL,
    run INTEGER NOT NULL,
    entry_cause TEXT,
    changed_at INTEGER NOT NULL,
    -- The delivery.
    state TEXT NOT NULL,
    born_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    since INTEGER NOT NULL,
    cause TEXT,
    -- When it was delivered or given up, and the last thing that a person did to it.
    done_at INTEGER,
    deed TEXT,
    sum BLOB NOT NULL,
    PRIMARY KEY (receiver, form, id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (receiver, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_born ON deliveries (receiver, born_at) WHERE state = 'waiting';
CREATE INDEX deliveries_failed ON deliveries (receiver) WHERE state = 'failed';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX deliveries_of ON deliveries (id, form);

-- The newest tries at each.
CREATE TABLE attempts (
    receiver TEXT NOT NULL,
    form TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    code INTEGER,
    said TEXT,
    cause TEXT,
    sum BLOB NOT NULL,
    PRIMARY KEY (receiver, form, id, seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE receivers (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since INTEGER,
    failures INTEGER NOT NULL,
    told INTEGER NOT NULL,
    back_at INTEGER,
    cause TEXT,
    enabled TEXT,
    sum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Version 6: the index of words (search.rs) is a file of its own, which is behind.

-- How far the index has come in the outbox; the mark of its next step, and that of the one before. No row: it begins anew.
CREATE TABLE index_cursor (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    mark BLOB NOT NULL,
    before BLOB NOT NULL
) STRICT;

-- Changes of entries that are no news: nobody but the index learns of them.
CREATE TABLE index_changes (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    form TEXT NOT NULL,
    id BLOB NOT NULL
) STRICT;

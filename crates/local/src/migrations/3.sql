-- Version 3: what is counted of submissions to tell floods from people. By the end first, so that what nobody asks for
-- any more is removed from the front. A name holds no address: at most a keyed hash that is another each day.

CREATE TABLE counters (
    until INTEGER NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (until, name)
) STRICT, WITHOUT ROWID;

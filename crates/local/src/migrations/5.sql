-- Version 5: how the server of this directory tries again, for whoever stands in for it; and which message ended the
-- process, each time it was in hand alone. A message that was given up before has ended none.

CREATE TABLE policy (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    base_ms INTEGER NOT NULL,
    cap_ms INTEGER NOT NULL,
    max_receives INTEGER NOT NULL
) STRICT;

ALTER TABLE dead_letter_queue ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;

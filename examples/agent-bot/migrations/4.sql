-- What the bot says, before it is said. Times are microseconds since 1970 in the store's time.
CREATE TABLE bot_outbox (
    -- The step that says it: the same step twice is one row.
    step         TEXT   PRIMARY KEY,
    platform     TEXT   NOT NULL,
    tenant       TEXT   NOT NULL,
    -- What is spaced, and what is kept in order.
    channel      TEXT   NOT NULL,
    lane         TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    place        TEXT   NOT NULL,
    person       TEXT,
    -- The short-lived way, sealed; gone when it has ended or is no longer needed.
    route        TEXT,
    message      TEXT   NOT NULL,
    edit_of      TEXT,
    -- waiting, sending, sent, superseded, dead, discarded
    state        TEXT   NOT NULL,
    due_at       BIGINT NOT NULL,
    fence        BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    -- What stands of it, piece by piece.
    sent         TEXT   NOT NULL,
    why          TEXT,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE UNIQUE INDEX bot_outbox_order ON bot_outbox (lane, seq);
CREATE INDEX bot_outbox_open ON bot_outbox (lane, seq) WHERE state IN ('waiting', 'sending');
CREATE INDEX bot_outbox_due ON bot_outbox (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX bot_outbox_edits ON bot_outbox (edit_of) WHERE state = 'waiting';
CREATE INDEX bot_outbox_over ON bot_outbox (finished_at) WHERE state NOT IN ('waiting', 'sending');

-- The last number that a lane gave: its row is held until the commit, so that the order is that of the commits.
CREATE TABLE bot_outbox_lanes (
    lane TEXT   PRIMARY KEY,
    seq  BIGINT NOT NULL
);

-- When a channel takes the next message.
CREATE TABLE bot_outbox_channels (
    channel TEXT   PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- What was said, conversation by conversation. A conversation is a text of Place::conversation.
CREATE TABLE bot_sessions (
    conversation TEXT PRIMARY KEY,
    -- What was said up to this turn's number, in short, and what had been read by then (JSON).
    summary TEXT NOT NULL,
    summary_read TEXT NOT NULL,
    summary_upto BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE bot_turns (
    conversation TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- The job's key, and whether it is what was asked or what was said.
    job TEXT NOT NULL,
    part TEXT NOT NULL,
    -- waiting, taken by the turn of the job `taken_by`, or over.
    state TEXT NOT NULL,
    taken_by TEXT,
    -- Who is behind it (JSON), the person's name in text where there is one, and what had been read (JSON).
    trust TEXT NOT NULL,
    person TEXT NOT NULL,
    said TEXT NOT NULL,
    was_read TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (conversation, number),
    UNIQUE (job, part)
);

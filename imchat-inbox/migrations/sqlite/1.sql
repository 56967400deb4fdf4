-- One row is the record that a key was seen and the job that it became. Times are microseconds since 1970.
CREATE TABLE inbox_deliveries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    key           BLOB    NOT NULL,
    digest        BLOB    NOT NULL,
    witness       BLOB,
    same_bytes    BOOLEAN NOT NULL,
    redelivers    BOOLEAN NOT NULL,
    provider      TEXT    NOT NULL,
    endpoint      TEXT,
    kind          TEXT    NOT NULL,
    event_type    TEXT,
    event_id      TEXT,
    tenant        TEXT,
    lane          TEXT,
    sent_at       INTEGER,
    received_at   INTEGER NOT NULL,
    trace         TEXT,
    priority      INTEGER NOT NULL,
    most_attempts INTEGER NOT NULL,
    accepted_at   INTEGER NOT NULL,
    -- 0 ready, 1 waiting until due_at, 2 leased until due_at, 3 done (a tombstone), 4 dead letter
    state         INTEGER NOT NULL,
    -- Whether it is the one job of its lane that may be taken; a job without a lane always is.
    head          BOOLEAN NOT NULL,
    due_at        INTEGER NOT NULL,
    fence         INTEGER NOT NULL DEFAULT 0,
    attempt       INTEGER NOT NULL DEFAULT 0,
    finished_at   INTEGER,
    why           TEXT,
    sealed        BOOLEAN NOT NULL,
    headers       BLOB,
    body          BLOB
);

CREATE UNIQUE INDEX inbox_keys ON inbox_deliveries (key);
-- What may be taken, in the order of taking.
CREATE INDEX inbox_ready ON inbox_deliveries (priority DESC, id) WHERE state = 0 AND head;
CREATE INDEX inbox_waiting ON inbox_deliveries (due_at) WHERE state = 1;
CREATE INDEX inbox_leased ON inbox_deliveries (due_at) WHERE state = 2;
-- What is not finished in a lane, and that one job of it may be taken.
CREATE INDEX inbox_lanes ON inbox_deliveries (lane, id) WHERE lane IS NOT NULL AND state < 3;
CREATE UNIQUE INDEX inbox_heads ON inbox_deliveries (lane) WHERE lane IS NOT NULL AND head AND state < 3;
CREATE INDEX inbox_blocked ON inbox_deliveries (id) WHERE state = 0 AND NOT head;
CREATE INDEX inbox_tombstones ON inbox_deliveries (finished_at) WHERE state = 3;
CREATE INDEX inbox_dead ON inbox_deliveries (id) WHERE state = 4;

-- Bodies that came under a key which another body has, from platforms that repeat bodies exactly.
CREATE TABLE inbox_quarantine (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         BLOB    NOT NULL,
    digest      BLOB    NOT NULL,
    provider    TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    stored_at   INTEGER NOT NULL,
    sealed      BOOLEAN NOT NULL,
    headers     BLOB    NOT NULL,
    body        BLOB    NOT NULL,
    UNIQUE (key, digest)
);
CREATE INDEX inbox_quarantined ON inbox_quarantine (stored_at);

-- Who changed the course of a job, when and why.
CREATE TABLE inbox_audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL,
    key      BLOB    NOT NULL,
    act      TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    why      TEXT    NOT NULL,
    at       INTEGER NOT NULL
);

-- One row: the version of these tables, and the highest fence of all rows that were purged.
CREATE TABLE inbox_schema (
    version INTEGER NOT NULL,
    fence   INTEGER NOT NULL
);
INSERT INTO inbox_schema (version, fence) VALUES (0, 0);

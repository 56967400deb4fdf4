-- One row is the record that a key was seen and the job that it became. Times are microseconds since 1970.

-- The inbox's clock is the database's: every machine sees the same.
CREATE FUNCTION inbox_micros() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint $$;

CREATE TABLE inbox_deliveries (
    id            bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           bytea   NOT NULL,
    digest        bytea   NOT NULL,
    witness       bytea,
    same_bytes    boolean NOT NULL,
    redelivers    boolean NOT NULL,
    provider      text    NOT NULL,
    endpoint      text,
    kind          text    NOT NULL,
    event_type    text,
    event_id      text,
    tenant        text,
    lane          text,
    sent_at       bigint,
    received_at   bigint  NOT NULL,
    trace         text,
    priority      bigint  NOT NULL,
    most_attempts bigint  NOT NULL,
    accepted_at   bigint  NOT NULL,
    -- 0 ready, 1 waiting until due_at, 2 leased until due_at, 3 done (a tombstone), 4 dead letter
    state         bigint  NOT NULL,
    -- Whether it is the one job of its lane that may be taken; a job without a lane always is.
    head          boolean NOT NULL,
    due_at        bigint  NOT NULL,
    fence         bigint  NOT NULL DEFAULT 0,
    attempt       bigint  NOT NULL DEFAULT 0,
    finished_at   bigint,
    why           text,
    sealed        boolean NOT NULL,
    headers       bytea,
    body          bytea
) WITH (
    -- Every job leaves three dead versions of its row behind: they are cleared long before a fifth of the table is dead.
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05
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
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         bytea   NOT NULL,
    digest      bytea   NOT NULL,
    provider    text    NOT NULL,
    kind        text    NOT NULL,
    received_at bigint  NOT NULL,
    stored_at   bigint  NOT NULL,
    sealed      boolean NOT NULL,
    headers     bytea   NOT NULL,
    body        bytea   NOT NULL,
    UNIQUE (key, digest)
);
CREATE INDEX inbox_quarantined ON inbox_quarantine (stored_at);

-- Who changed the course of a job, when and why.
CREATE TABLE inbox_audit (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery bigint NOT NULL,
    key      bytea  NOT NULL,
    act      text   NOT NULL,
    who      text   NOT NULL,
    why      text   NOT NULL,
    at       bigint NOT NULL
);

-- One row: the version of these tables, and the highest fence of all rows that were purged.
CREATE TABLE inbox_schema (
    version bigint NOT NULL,
    fence   bigint NOT NULL
);
INSERT INTO inbox_schema (version, fence) VALUES (0, 0);

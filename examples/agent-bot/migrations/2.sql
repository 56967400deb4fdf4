-- Who asked, who decided, what ran. Each row holds the hash of the one before; the head is the last one's.
CREATE TABLE bot_audit (
    number BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL,
    act    TEXT   NOT NULL,
    who    TEXT   NOT NULL,
    tenant TEXT   NOT NULL,
    what   TEXT   NOT NULL,
    digest TEXT,
    detail TEXT   NOT NULL,
    before TEXT   NOT NULL,
    hash   TEXT   NOT NULL
);

-- One row: who appends holds it until the commit, so that the chain has one end.
CREATE TABLE bot_audit_head (
    one    BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash   TEXT   NOT NULL
);
INSERT INTO bot_audit_head (one, number, hash) VALUES (1, 0, '');

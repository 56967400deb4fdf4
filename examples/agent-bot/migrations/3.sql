-- Writes that people decide on. Times are microseconds since 1970 in the store's time.
CREATE TABLE bot_plans (
    id           TEXT   PRIMARY KEY,
    -- The step of the job that asked for it: the same plan is made once.
    step         TEXT   NOT NULL UNIQUE,
    tool         TEXT   NOT NULL,
    arguments    TEXT   NOT NULL,
    digest       TEXT   NOT NULL,
    summary      TEXT   NOT NULL,
    risk         TEXT   NOT NULL,
    blast_radius TEXT   NOT NULL,
    tainted_by   TEXT   NOT NULL,
    approvers    TEXT   NOT NULL,
    requester    TEXT   NOT NULL,
    place        TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    -- pending, approved, rejected, expired, running, done, failed
    state        TEXT   NOT NULL,
    decided_by   TEXT,
    decided_at   BIGINT,
    -- Grows with each executor that takes it; the one before writes nothing any more.
    fence        BIGINT NOT NULL,
    runs         BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    finished_at  BIGINT,
    outcome      TEXT
);
CREATE INDEX bot_plans_open ON bot_plans (state, expires_at) WHERE state IN ('pending', 'approved', 'running');

-- One voice for each person and plan.
CREATE TABLE bot_votes (
    plan   TEXT   NOT NULL,
    person TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (plan, person)
);

-- Wrong passcodes of one person for one plan.
CREATE TABLE bot_passcode_tries (
    plan   TEXT   NOT NULL,
    person TEXT   NOT NULL,
    tries  BIGINT NOT NULL,
    PRIMARY KEY (plan, person)
);

-- What was answered to a click's job: asked again, it is answered the same.
CREATE TABLE bot_clicks (
    job    TEXT   PRIMARY KEY,
    answer TEXT   NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX bot_clicks_at ON bot_clicks (at);

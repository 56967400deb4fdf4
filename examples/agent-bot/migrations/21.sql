-- What the bot operates: a small world that keeps its state.
CREATE TABLE bot_services (
    name TEXT PRIMARY KEY,
    health TEXT NOT NULL,
    version TEXT NOT NULL,
    on_call TEXT NOT NULL,
    restarts BIGINT NOT NULL
);
CREATE TABLE bot_merges (
    repository TEXT NOT NULL,
    number BIGINT NOT NULL,
    merged_at BIGINT NOT NULL,
    PRIMARY KEY (repository, number)
);
-- One row for each effect there ever was: a plan has one, however often it is tried.
CREATE TABLE bot_effects (
    plan TEXT PRIMARY KEY,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT NOT NULL,
    fence BIGINT NOT NULL,
    done_at BIGINT NOT NULL
);

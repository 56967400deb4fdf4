-- Wrong passcodes of one person for all plans, since the first one of a day: plan after plan is no way to more tries.
CREATE TABLE bot_passcode_days (
    person TEXT   PRIMARY KEY,
    tries  BIGINT NOT NULL,
    since  BIGINT NOT NULL
);

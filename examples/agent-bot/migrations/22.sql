-- Wrong passcodes of one person for all plans, each within a day of the one before: plan after plan is no way to more tries.
CREATE TABLE bot_passcode_days (
    person TEXT   PRIMARY KEY,
    tries  BIGINT NOT NULL,
    since  BIGINT NOT NULL
);

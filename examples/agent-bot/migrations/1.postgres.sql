-- The bot's clock is the database's: every machine sees the same. Not the statement's time, which stands still while the
-- statement waits for a lock.
CREATE FUNCTION bot_micros() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

CREATE FUNCTION bot_audit_refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'bot_audit is append-only'; END $$;
CREATE TRIGGER bot_audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON bot_audit
    FOR EACH STATEMENT EXECUTE FUNCTION bot_audit_refuse();
CREATE TRIGGER bot_audit_head_is_kept BEFORE DELETE OR TRUNCATE ON bot_audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION bot_audit_refuse();
CREATE FUNCTION bot_audit_head_grows() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN
        IF NEW.number NOT IN (OLD.number, OLD.number + 1) THEN RAISE EXCEPTION 'bot_audit_head only grows'; END IF;
        RETURN NEW;
    END $$;
CREATE TRIGGER bot_audit_head_only_grows BEFORE UPDATE ON bot_audit_head
    FOR EACH ROW EXECUTE FUNCTION bot_audit_head_grows();

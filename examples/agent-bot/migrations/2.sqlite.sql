CREATE TRIGGER bot_audit_stays BEFORE UPDATE ON bot_audit
    BEGIN SELECT RAISE(ABORT, 'bot_audit is append-only'); END;
CREATE TRIGGER bot_audit_is_kept BEFORE DELETE ON bot_audit
    BEGIN SELECT RAISE(ABORT, 'bot_audit is append-only'); END;
CREATE TRIGGER bot_audit_head_is_kept BEFORE DELETE ON bot_audit_head
    BEGIN SELECT RAISE(ABORT, 'bot_audit_head has one row'); END;
CREATE TRIGGER bot_audit_head_only_grows BEFORE UPDATE ON bot_audit_head
    WHEN NEW.number <> OLD.number AND NEW.number <> OLD.number + 1
    BEGIN SELECT RAISE(ABORT, 'bot_audit_head only grows'); END;

"""What somebody with the database's password changes in its rules, and the words in which verify names each."""

from __future__ import annotations


def rewritten(table: str, old: str, new: str) -> tuple[str, ...]:
    """SQLite's text of a table, changed where it is kept."""
    return (
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE name = '{table}'",
    )


NEVER = "CREATE UNIQUE INDEX uq_job_running ON job (trial_id, stage) WHERE state = 'never'"
SQLITE: dict[str, tuple[tuple[str, ...], str]] = {
    "a row replaces another": (
        rewritten("decision", "(trial_id, number)", "(trial_id, number) ON CONFLICT REPLACE"),
        "table decision: its primary key pk_decision says something else: primary key(trial_id, number) on c",
    ),
    "a row that breaks a rule is left out": (
        rewritten("decision", "(''accept'', ''override''))", "(''accept'', ''override'')) ON CONFLICT IGNORE"),
        "table decision: its CHECK ck_decision_choice says something else",
    ),
    "texts without case": (
        rewritten("void_request", "requested_by VARCHAR(255)", "requested_by VARCHAR(255) COLLATE NOCASE"),
        "table void_request: its column requested_by says something else",
    ),
    "a row goes with another": (
        rewritten("allocation", "REFERENCES draw (trial_id)", "REFERENCES draw (trial_id) ON DELETE CASCADE"),
        "table allocation: its foreign key fk_allocation_trial_id_draw says something else",
    ),
    "a key that waits": (
        rewritten(
            "allocation", "REFERENCES draw (trial_id)", "REFERENCES draw (trial_id) DEFERRABLE INITIALLY DEFERRED"
        ),
        "table allocation: its foreign key fk_allocation_trial_id_draw says something else",
    ),
    "one row at most": (
        ("CREATE UNIQUE INDEX ux ON decision ((1))",),
        "table decision: index ux is not the registry's",
    ),
    "an index of nothing": (
        ("DROP INDEX uq_job_running", NEVER),
        "table job: its index uq_job_running says something else",
    ),
    "an index that is none of unique": (
        ("DROP INDEX uq_job_running", NEVER.replace(" UNIQUE", "").replace("never", "running")),
        "table job: its index uq_job_running says something else",
    ),
    "a default": (
        rewritten("decision", "conditions TEXT", "conditions TEXT DEFAULT ''x''"),
        "table decision: its column conditions says something else",
    ),
    "a column that the database fills": (
        rewritten("decision", "conditions TEXT", "conditions TEXT GENERATED ALWAYS AS (reason)"),
        "table decision: its column conditions says something else",
    ),
    "another type": (
        rewritten("decision", "number INTEGER", "number TEXT"),
        "table decision: its column number says something else",
    ),
    "a type in quotes that says it must not be empty": (
        rewritten("decision", "reason TEXT NOT NULL", 'reason TEXT "NOT" "NULL"'),
        "table decision: its column reason says something else",
    ),
    "a type with a space in it that says it must not be empty": (
        rewritten("decision", "reason TEXT NOT NULL", "reason TEXT NOT\u00a0NULL"),
        "table decision: its column reason says something else",
    ),
    "a name that looks like a word": (
        rewritten("decision", "CHECK (choice in", "CHEC\u212a (choice in"),
        "table decision: ",
    ),
    "a text that ends early": (
        (
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'CONSTRAINT ck_decision', ')' || char(0) || 'CONSTRAINT ck_d')"
            " WHERE name = 'decision'",
        ),
        "table decision: its CHECK ck_decision_choice is gone",
    ),
    "a rule in a comment": (
        rewritten(
            "decision", "CONSTRAINT ck_decision_choice CHECK (choice in (''accept'', ''override'')),", "/*CHECK*/"
        ),
        "table decision: its CHECK ck_decision_choice is gone",
    ),
    "no key by its own number": (
        ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = sql || ' WITHOUT ROWID' WHERE name = 'draw'"),
        "table draw: its definition behind its columns says something else: without rowid",
    ),
    "a trigger that calls itself an index": (
        (
            "CREATE TRIGGER evil BEFORE INSERT ON decision BEGIN SELECT RAISE(IGNORE); END",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET type = 'index' WHERE name = 'evil'",
        ),
        "trigger evil on table decision: not the registry's",
    ),
    "a trigger in bytes": (
        (
            "CREATE TRIGGER evil BEFORE INSERT ON decision BEGIN SELECT RAISE(IGNORE); END",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET type = 'Trigger', sql = CAST(sql AS BLOB) WHERE name = 'evil'",
        ),
        "Trigger evil on table decision: not the registry's",
    ),
    "a view that calls itself a table": (
        (
            "CREATE VIEW evil AS SELECT seed FROM draw",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET type = 'table' WHERE name = 'evil'",
        ),
        "view evil: not the registry's",
    ),
    "a table that calls itself otherwise": (
        (
            "CREATE TABLE evil (a)",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET type = 'thing' WHERE name = 'evil'",
        ),
        "thing evil: not the registry's",
    ),
}

CHOICE = "ALTER TABLE decision DROP CONSTRAINT ck_decision_choice"
CHOSEN = f"{CHOICE}; ALTER TABLE decision ADD CONSTRAINT ck_decision_choice CHECK"
KEY = "fk_trial_lock_trial_id_trial FOREIGN KEY (trial_id) REFERENCES trial (id)"
LOCKED = (
    f"ALTER TABLE trial_lock DROP CONSTRAINT fk_trial_lock_trial_id_trial; ALTER TABLE trial_lock ADD CONSTRAINT {KEY}"
)
FUNCTION = "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
ON_EVENTS = (
    "CREATE FUNCTION evil() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    "CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION evil()"
)
ALIKE = (
    "CREATE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
    "CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = alike)"
)
ELSEWHERE = "CREATE SCHEMA elsewhere; CREATE VIEW elsewhere.evil AS SELECT seed FROM draw"
VECTOR = "CREATE EXTENSION vector"
SAYS = "says something else"

POSTGRESQL: dict[str, tuple[str, str]] = {
    "a rule that says nothing": (
        f"{CHOSEN} (true)",
        f"table decision: its CHECK ck_decision_choice {SAYS}: CHECK (true)",
    ),
    "a rule that lets more in": (
        f"{CHOSEN} (choice in ('accept', 'override', 'x'))",
        f"CHECK ck_decision_choice {SAYS}",
    ),
    "a rule with a way round": (
        f"{CHOSEN} (choice in ('accept', 'override') or verdict_code = 'x')",
        f"CHECK ck_decision_choice {SAYS}",
    ),
    "a rule of the first letter": (
        f"{CHOSEN} (CAST(choice AS character(6)) in ('accept', 'override'))",
        f"CHECK ck_decision_choice {SAYS}",
    ),
    "a rule that is not inherited": (
        f"{CHOSEN} (choice in ('accept', 'override')) NO INHERIT",
        f"CHECK ck_decision_choice {SAYS}",
    ),
    "a rule of later rows": (
        f"{CHOSEN} (choice in ('accept', 'override')) NOT VALID",
        "rule ck_decision_choice of table decision: it is not asked of every row",
    ),
    "two people in one": (
        "ALTER TABLE void_confirmation DROP CONSTRAINT ck_void_confirmation_two_people;"
        "ALTER TABLE void_confirmation ADD CONSTRAINT ck_void_confirmation_two_people CHECK (true)",
        f"table void_confirmation: its CHECK ck_void_confirmation_two_people {SAYS}",
    ),
    "brackets elsewhere": (
        "ALTER TABLE returned_file DROP CONSTRAINT ck_returned_file_withdrawal;"
        "ALTER TABLE returned_file ADD CONSTRAINT ck_returned_file_withdrawal"
        " CHECK (((mode = 'withdraw') = (withdraws is not null)) and reason is not null)",
        f"CHECK ck_returned_file_withdrawal {SAYS}",
    ),
    "a row goes with another": (f"{LOCKED} ON DELETE CASCADE", f"foreign key fk_trial_lock_trial_id_trial {SAYS}"),
    "a key that waits": (f"{LOCKED} DEFERRABLE INITIALLY DEFERRED", f"foreign key fk_trial_lock_trial_id_trial {SAYS}"),
    "a key that can wait": (f"{LOCKED} DEFERRABLE", f"foreign key fk_trial_lock_trial_id_trial {SAYS}"),
    "a key that nobody watches": (
        "DELETE FROM pg_catalog.pg_trigger WHERE tgrelid = 'trial_lock'::regclass",
        "table trial_lock: its watch over foreign key fk_trial_lock_trial_id_trial",
    ),
    "rights of everybody": ("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC", "table draw: everybody may read or"),
    "a right to a column": ("GRANT SELECT (seed) ON draw TO PUBLIC", "table draw: everybody may read or change it"),
    "a right of somebody": ("CREATE ROLE eve_s; GRANT UPDATE ON draw TO eve_s", "table draw: eve_s may read"),
    "another owner": ("CREATE ROLE eve_s; ALTER TABLE draw OWNER TO eve_s", "table draw: it belongs to eve_s"),
    "rows sent elsewhere": ("CREATE PUBLICATION evil FOR ALL TABLES", "publication evil: it sends rows of every table"),
    "rows of a table sent elsewhere": ("CREATE PUBLICATION evil FOR TABLE draw", "publication evil: it reads or"),
    "rows of a schema sent elsewhere": (
        "CREATE PUBLICATION evil FOR TABLES IN SCHEMA public",
        "publication evil: it sends rows of every table elsewhere, all of this schema",
    ),
    "a view that an extension adopted": (
        "CREATE VIEW evil AS SELECT seed FROM draw; ALTER EXTENSION plpgsql ADD VIEW evil",
        "view evil: not the registry's",
    ),
    "a table that an extension adopted": (
        "CREATE TABLE evil (a int); ALTER EXTENSION plpgsql ADD TABLE evil",
        "table evil: not the registry's",
    ),
    "a table of ours that an extension adopted": (
        f"{VECTOR}; ALTER EXTENSION vector ADD TABLE decision; {CHOSEN} (true)",
        f"table decision: its CHECK ck_decision_choice {SAYS}",
    ),
    "a table that goes with an extension": (
        f"{VECTOR}; ALTER EXTENSION vector ADD TABLE draw",
        "table draw: extension vector took it, and would take it away",
    ),
    "an index that goes with an extension": (
        f"{VECTOR}; ALTER INDEX uq_job_running DEPENDS ON EXTENSION vector",
        "table job: extension vector took it, and would take it away",
    ),
    "what is equal, of the catalogue": (
        "CREATE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        "CREATE OPERATOR pg_catalog.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = alike)",
        "operator =: it was put beside the database's own",
    ),
    "a view that an extension of this schema adopted": (
        f"{VECTOR}; CREATE VIEW evil AS SELECT seed FROM draw; ALTER EXTENSION vector ADD VIEW evil",
        "view public.evil: it reads or uses table draw",
    ),
    "a function that an extension adopted": (
        f"{FUNCTION}; ALTER EXTENSION plpgsql ADD FUNCTION evil()",
        "function evil: not the registry's",
    ),
    "a view elsewhere": (ELSEWHERE, "view elsewhere.evil: it reads or uses table draw"),
    "a view elsewhere that is kept": (
        ELSEWHERE.replace("VIEW", "MATERIALIZED VIEW"),
        "materialized view elsewhere.evil: it reads or uses table draw",
    ),
    "a trigger at the commit": (
        f"{FUNCTION}; CREATE CONSTRAINT TRIGGER evil AFTER INSERT ON decision DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION evil()",
        "trigger evil on table decision: not the registry's",
    ),
    "a trigger that sleeps": (
        f"{FUNCTION}; CREATE TRIGGER evil BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION evil();"
        "ALTER TABLE decision DISABLE TRIGGER evil",
        "trigger evil on table decision: not the registry's",
    ),
    "a trigger that says it is the database's own": (
        f"{FUNCTION}; CREATE TRIGGER evil BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION evil();"
        "UPDATE pg_catalog.pg_trigger SET tgisinternal = true WHERE tgname = 'evil'",
        "trigger evil on table decision: not the registry's",
    ),
    "a rule": ("CREATE RULE evil AS ON INSERT TO decision DO INSTEAD NOTHING", "rule evil on table decision"),
    "rows hidden from their owner too": ("ALTER TABLE draw FORCE ROW LEVEL SECURITY", "table draw: row security"),
    "a trigger on events": (ON_EVENTS, "trigger evil on events of the database: not the registry's"),
    "a trigger on events that an extension adopted": (
        f"{ON_EVENTS}; ALTER EXTENSION plpgsql ADD EVENT TRIGGER evil",
        "trigger evil on events of the database: not the registry's",
    ),
    "a function": (FUNCTION, "function evil: not the registry's"),
    "what is equal": (ALIKE, "operator =: not the registry's"),
    "what is equal, of an extension": (
        f"{VECTOR}; {ALIKE}; ALTER EXTENSION vector ADD FUNCTION alike(varchar, varchar);"
        "ALTER EXTENSION vector ADD OPERATOR = (varchar, varchar)",
        "operator =: it is taken for the database's own",
    ),
    "a function of a name of the database's, of an extension": (
        f"{VECTOR}; CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;"
        "ALTER EXTENSION vector ADD FUNCTION public.lower(varchar)",
        "function lower: it is taken for the database's own",
    ),
    "a type": ("CREATE DOMAIN evil AS text CHECK (true)", "type evil: not the registry's"),
    "a collation": (
        'CREATE COLLATION evil FROM "C"; ALTER TABLE decision ALTER COLUMN reason TYPE text COLLATE evil',
        f"table decision: its column reason {SAYS}: text NOT NULL COLLATE evil",
    ),
    "a default": ("ALTER TABLE decision ALTER COLUMN reason SET DEFAULT 'x'", f"its column reason {SAYS}"),
    "another type": ("ALTER TABLE decision ALTER COLUMN reason TYPE varchar(9)", f"its column reason {SAYS}"),
    "a longer text": ("ALTER TABLE decision ALTER COLUMN choice TYPE varchar(99)", f"its column choice {SAYS}"),
    "a column that the database numbers": (
        "ALTER TABLE decision ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY",
        f"its column number {SAYS}: integer NOT NULL GENERATED",
    ),
    "a column that the database fills": (
        "ALTER TABLE decision DROP COLUMN conditions;"
        "ALTER TABLE decision ADD COLUMN conditions text GENERATED ALWAYS AS (reason) STORED",
        f"its column conditions {SAYS}",
    ),
    "a sequence": ("CREATE SEQUENCE evil", "sequence evil: not the registry's"),
    "a part of another table": (
        "CREATE TABLE evil (LIKE installation) PARTITION BY LIST (id);"
        "ALTER TABLE evil ATTACH PARTITION installation FOR VALUES IN (1)",
        "table installation: it is a part of another table, evil",
    ),
    "an heir of another table": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.evil (LIKE draw); ALTER TABLE draw INHERIT elsewhere.evil",
        "table draw: it is a part of another table, evil",
    ),
    "an heir elsewhere": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.evil () INHERITS (draw)",
        "table draw: another table, evil, inherits from it",
    ),
    "a table that no crash survives": ("ALTER TABLE audit_event SET UNLOGGED", "table audit_event: it is not kept"),
    "a table elsewhere": (
        "CREATE FOREIGN DATA WRAPPER evil; CREATE SERVER evil FOREIGN DATA WRAPPER evil;"
        "DROP TABLE draft; CREATE FOREIGN TABLE draft (key text) SERVER evil",
        "table draft: it is no plain table",
    ),
    "an index of nothing": (f"DROP INDEX uq_job_running; {NEVER}", f"table job: its index uq_job_running {SAYS}"),
    "one row at most": ("CREATE UNIQUE INDEX ux ON decision ((1))", "table decision: index ux is not the registry's"),
    "empty values that are one": (
        "ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_hash;"
        "ALTER TABLE audit_event ADD CONSTRAINT uq_audit_event_hash UNIQUE NULLS NOT DISTINCT (hash)",
        f"table audit_event: its UNIQUE uq_audit_event_hash {SAYS}",
    ),
    "no two alike": (
        "ALTER TABLE decision ADD CONSTRAINT evil EXCLUDE USING btree (verdict_code WITH =)",
        "table decision: rule evil is not the registry's",
    ),
    "a table elsewhere that names a row": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.evil (id varchar REFERENCES trial (id) ON DELETE CASCADE)",
        "constraint evil_id_fkey on table elsewhere.evil: it reads or uses table trial",
    ),
    "a way from one type to another": (
        "CREATE FUNCTION evil(date) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
        "CREATE CAST (date AS integer) WITH FUNCTION evil(date) AS IMPLICIT",
        "cast from date to integer: not the database's own",
    ),
    "rows that an operator elsewhere compares": (
        "CREATE SCHEMA elsewhere;"
        "CREATE FUNCTION elsewhere.never(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        "CREATE OPERATOR elsewhere.<> (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = elsewhere.never);"
        "ALTER TABLE void_confirmation DROP CONSTRAINT ck_void_confirmation_two_people;"
        "ALTER TABLE void_confirmation ADD CONSTRAINT ck_void_confirmation_two_people"
        " CHECK (confirmed_by OPERATOR(elsewhere.<>) requested_by)",
        f"table void_confirmation: its CHECK ck_void_confirmation_two_people {SAYS}",
    ),
    "a rule of a table elsewhere": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.evil (a int);"
        "CREATE RULE evil AS ON INSERT TO elsewhere.evil DO ALSO DELETE FROM draft",
        "table elsewhere.evil: it reads or uses table draft",
    ),
    "a view in the place of a table": (
        "ALTER TABLE draft RENAME TO kept; CREATE VIEW draft AS SELECT * FROM kept",
        "table draft: it is no plain table",
    ),
    "a table in front": (
        'CREATE SCHEMA "postgres"; CREATE TABLE postgres.decision (LIKE decision INCLUDING ALL)',
        "table decision: another one, of schema postgres, is read in its place",
    ),
}

"""What Tortoise's own operations never emit: partial unique indexes, append-only triggers, the search index."""

from collections.abc import Iterator

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state_apps import StateApps

UNIQUE = (
    # At most one unanswered question, and one live grant, between a candidate and an employer for a job.
    "CREATE UNIQUE INDEX one_pending_request ON authorization_request (candidate_id, employer_id, job_id, origin) "
    "WHERE state = 'PENDING'",
    "CREATE UNIQUE INDEX one_live_grant ON consent_grant (candidate_id, employer_id, job_id) "
    "WHERE state IN ('ACTIVE', 'PAUSED')",
    "CREATE UNIQUE INDEX one_current_assignment ON assignee (grant_id, member_id) WHERE until IS NULL",
    "CREATE INDEX outbox_due ON outbox_message (due_at) WHERE state = 'DUE'",
)

APPEND_ONLY = ("ledger_entry", "release")
IMMUTABLE = (
    ("authorization_request", ("terms", "terms_hash")),
    ("consent_grant", ("terms", "terms_hash", "signature")),
)
FINAL = (
    ("authorization_request", "('APPROVED', 'DECLINED', 'RECALLED', 'EXPIRED', 'CLOSED')"),
    ("consent_grant", "('REVOKED', 'EXPIRED', 'RELINQUISHED', 'TERMINATED', 'SUPERSEDED')"),
)


def sqlite_guards() -> Iterator[str]:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            yield _sqlite_trigger(table, f"{table}_no_{verb.lower()}", verb, "", f"{table} is append only")
    for table, columns in IMMUTABLE:
        yield _sqlite_trigger(table, f"{table}_terms", f"UPDATE OF {', '.join(columns)}", "", "terms never change")
    for table, states in FINAL:
        when = f"WHEN old.state IN {states} AND new.state <> old.state"
        yield _sqlite_trigger(table, f"{table}_final", "UPDATE OF state", when, "final states absorb")
    when = "WHEN new.uses > new.max_uses OR new.uses < 0"
    yield _sqlite_trigger("consent_grant", "consent_grant_uses", "UPDATE OF uses", when, "uses beyond max_uses")


def _sqlite_trigger(table: str, name: str, verb: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"


SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE card_search USING fts5(tokens, content='', detail=none, columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '#+.'\")",
    "CREATE TRIGGER card_search_insert AFTER INSERT ON card BEGIN "
    "INSERT INTO card_search (rowid, tokens) VALUES (new.sequence, new.tokens); END",
    "CREATE TRIGGER card_search_delete AFTER DELETE ON card BEGIN "
    "INSERT INTO card_search (card_search, rowid, tokens) VALUES ('delete', old.sequence, old.tokens); END",
    "CREATE TRIGGER card_search_update AFTER UPDATE ON card BEGIN "
    "INSERT INTO card_search (card_search, rowid, tokens) VALUES ('delete', old.sequence, old.tokens); "
    "INSERT INTO card_search (rowid, tokens) VALUES (new.sequence, new.tokens); END",
)

POSTGRES_REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def postgres_guards() -> Iterator[str]:
    yield POSTGRES_REFUSE
    for table in APPEND_ONLY:
        yield _postgres_trigger(table, f"{table}_append_only", "UPDATE OR DELETE", "", f"{table} is append only")
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"EXECUTE FUNCTION refuse('{table} is append only')"
        )
    for table, columns in IMMUTABLE:
        yield _postgres_trigger(table, f"{table}_terms", f"UPDATE OF {', '.join(columns)}", "", "terms never change")
    for table, states in FINAL:
        when = f"WHEN (old.state IN {states} AND new.state <> old.state)"
        yield _postgres_trigger(table, f"{table}_final", "UPDATE OF state", when, "final states absorb")
    yield "ALTER TABLE consent_grant ADD CONSTRAINT consent_grant_uses CHECK (uses BETWEEN 0 AND max_uses)"


def _postgres_trigger(table: str, name: str, verb: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION refuse('{message}')"


POSTGRES_SEARCH = (
    "CREATE SEQUENCE card_sequence",
    "ALTER TABLE card ADD COLUMN token_vector tsvector NOT NULL "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(tokens, ' '))) STORED",
    "CREATE INDEX card_search ON card USING gin (token_vector) WITH (fastupdate = off)",
)


async def install(_apps: StateApps, editor: BaseSchemaEditor) -> None:
    sqlite = editor.DIALECT == "sqlite"
    own = (*sqlite_guards(), *SQLITE_SEARCH) if sqlite else (*postgres_guards(), *POSTGRES_SEARCH)
    for statement in (*UNIQUE, *own):
        await editor.client.execute_query(statement)
    if sqlite:
        # Rows of an older file enter the index as if they were new.
        await editor.client.execute_query("INSERT INTO card_search (rowid, tokens) SELECT sequence, tokens FROM card")
    else:
        await editor.client.execute_query(
            "SELECT setval('card_sequence', coalesce(max(sequence), 0) + 1, false) FROM card"
        )


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]
    operations = [ops.RunPython(install)]

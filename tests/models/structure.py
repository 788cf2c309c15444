"""The structure of a database as text: every table, column, key, index, trigger and function, in a fixed order."""

import re
import sqlite3

import asyncpg

SHADOW = re.compile(r"card_search_(data|idx|content|docsize|config)$")

TABLES = """
SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
              coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
SELECT format('%s CONSTRAINT %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
FUNCTIONS = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
SEQUENCES = "SELECT format('SEQUENCE %s %s', sequencename, data_type) FROM pg_sequences WHERE schemaname = 'public'"


def of_sqlite(file: str) -> str:
    connection = sqlite3.connect(file)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return _text(sql for name, sql in rows if not SHADOW.match(name) and name != "sqlite_sequence")


async def of_postgres(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        queries = (TABLES, CONSTRAINTS, INDEXES, TRIGGERS, FUNCTIONS, SEQUENCES)
        return _text([row[0] for query in queries for row in await connection.fetch(query)])
    finally:
        await connection.close()


async def of(url: str) -> str:
    return of_sqlite(url.removeprefix("sqlite://")) if url.startswith("sqlite") else await of_postgres(url)


def _text(statements) -> str:
    """Return one statement a line, without the accidents of spacing, sorted."""
    lines = (re.sub(r"\s*/\*.*?\*/", "", re.sub(r"\s+", " ", statement)).strip() for statement in statements)
    return "\n".join(sorted(f"{line};" for line in lines)) + "\n"

"""The search index behind one seam: the same question in the words of SQLite's FTS5 and of PostgreSQL's GIN.

A page is one statement whatever is selected. It reads the viewer's rights, its employer's open functions and the page
together, so no row can be had with rights that ended a moment ago; no row at all means: not a member of a verified
employer. The keyset is ``sequence``, which is also the order of freshness and, on SQLite, the row id of the index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from exchange.call import Viewer
from models.statements import query

Groups = Sequence[Sequence[str]]

_VIEWER = """WITH viewer AS (
SELECT e.id AS employer_id FROM session s
JOIN member m ON m.account_id = s.account_id AND m.left_at IS NULL
JOIN employer e ON e.id = m.employer_id AND e.standing = 'VERIFIED'
WHERE s.id = ? AND s.account_id = ? AND s.ended_at IS NULL)"""

_SHOWN = """(c.visibility = 'VERIFIED_EMPLOYERS' OR c.function_code IN (
SELECT j.function_code FROM job j JOIN viewer v ON v.employer_id = j.employer_id WHERE j.state = 'OPEN'))"""


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """Which cards: all token groups match (any token of a group), older than ``before``, at most ``limit``."""

    viewer: Viewer
    groups: Groups
    language: str
    before: int
    limit: int


class CardIndex(Protocol):
    """What each engine answers: rows of employer_id, candidate_id, sequence, payload; the latter null if no card."""

    async def page(self, question: PageQuestion) -> Sequence[Mapping[str, Any]]: ...


class SqliteCardIndex:
    """FTS5. The row id of the index is the sequence, so a keyset is a range of row ids."""

    async def page(self, question: PageQuestion) -> Sequence[Mapping[str, Any]]:
        if question.groups:
            return await _ask(question, _SQLITE_MATCH, _fts5(question.groups))
        return await _ask(question, "card c WHERE c.sequence < ?")


class PostgresCardIndex:
    """GIN over a tsvector of the same tokens; the planner chooses between the index and the walk by sequence."""

    async def page(self, question: PageQuestion) -> Sequence[Mapping[str, Any]]:
        if question.groups:
            return await _ask(question, _POSTGRES_MATCH, _tsquery(question.groups))
        return await _ask(question, "card c WHERE c.sequence < ?")


_SQLITE_MATCH = "card_search f JOIN card c ON c.sequence = f.rowid WHERE card_search MATCH ? AND f.rowid < ?"
_POSTGRES_MATCH = "card c WHERE c.token_vector @@ ?::text::tsquery AND c.sequence < ?"


def card_index(dialect: str) -> CardIndex:
    """Return the index of a database dialect."""
    return SqliteCardIndex() if dialect == "sqlite" else PostgresCardIndex()


async def _ask(question: PageQuestion, source: str, *match: str) -> Sequence[Mapping[str, Any]]:
    viewer = question.viewer
    sql = page_statement(source, question.language)
    return await query(sql, viewer.session_id, viewer.account_id, *match, question.before, question.limit)


def page_statement(source: str, language: str) -> str:
    """Return the one statement of a page, with ``?`` for session, account, match, before and limit."""
    order = "f.rowid" if "card_search f" in source else "c.sequence"
    return (
        f"{_VIEWER} SELECT viewer.employer_id, page.candidate_id, page.sequence, page.payload "  # noqa: S608 - our text
        f"FROM viewer LEFT JOIN (SELECT c.candidate_id, c.sequence, c.payload_{language} AS payload "
        f"FROM {source} AND {_SHOWN} ORDER BY {order} DESC LIMIT ?) page ON 1 = 1 ORDER BY page.sequence DESC"
    )


def _fts5(groups: Groups) -> str:
    return " AND ".join("(" + " OR ".join(f'"{token}"' for token in group) + ")" for group in groups)


def _tsquery(groups: Groups) -> str:
    return " & ".join("(" + " | ".join(f"'{token}'" for token in group) + ")" for group in groups)

"""Searching and opening cards. What an employer is given here is de-identified, and its ids are its own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, overload
from uuid import UUID

from tortoise.connection import get_connection

from anonymity.search_tokens import CardFilter, QueryTooLong, match_groups, unknown_codes
from consent.parties import in_good_standing
from exchange import ledger
from exchange.actors import MemberActor, as_uuid, member_of
from exchange.call import Call, Desk
from exchange.card_index import PageQuestion, card_index
from exchange.errors import Forbidden, InvalidInput, NotFound, Problem, invalid, require
from exchange.reading import check_first
from models import AccountKind
from models.database import CONNECTION
from models.statements import query
from models.unit_of_work import Transaction, unit_of_work
from vault.errors import CannotOpen

__all__ = [
    "CardFilter",
    "CardPage",
    "FoundCard",
    "cards_of",
    "found_card",
    "open_card",
    "search_cards",
    "visible_card",
    "warm_up",
]

NEWEST = 2**62
WIDTH = 8


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card as one employer sees it: an id of its own, and the stored payload, as JSON text."""

    id: str
    payload: str


@dataclass(frozen=True, slots=True)
class CardPage:
    """Cards, each with the cursor after it, and whether there are more."""

    cards: tuple[FoundCard, ...]
    cursors: Sequence[str]
    has_next: bool


class Cursors(Sequence[str]):
    """The cursors of a page, each made when it is read: most pages are asked for the last one only."""

    def __init__(self, desk: Desk, sequences: Sequence[int], context: tuple[bytes, ...]) -> None:
        self._desk, self._sequences, self._context = desk, sequences, context

    def __len__(self) -> int:
        return len(self._sequences)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Cursors": ...
    def __getitem__(self, index: int | slice) -> "str | Cursors":
        if isinstance(index, slice):
            return Cursors(self._desk, self._sequences[index], self._context)
        return self._desk.opaque.conceal(self._sequences[index].to_bytes(WIDTH), *self._context)


async def search_cards(call: Call, *, card_filter: CardFilter, first: int, after: str | None) -> CardPage:
    """Return a page of cards, freshest first, in one statement."""
    if call.viewer.kind not in {None, AccountKind.MEMBER}:
        raise Forbidden(AccountKind.MEMBER)
    check_first(first)
    context = _cursor_context(call, card_filter)
    before = NEWEST if after is None else _read_cursor(call.desk, after, context)
    question = PageQuestion(call.viewer, _groups(card_filter), call.language, before, first + 1)
    rows = await card_index(get_connection(CONNECTION).capabilities.dialect).page(question)
    if not rows:
        await _explain(call)
    found = [row for row in rows if row["payload"] is not None]
    page = found[:first]
    return CardPage(
        tuple(_found(call.desk, row) for row in page),
        Cursors(call.desk, [int(row["sequence"]) for row in page], context),
        len(found) > first,
    )


def warm_up() -> None:
    """Load what the first text query would otherwise wait for: the dictionary of the segmenter."""
    match_groups(CardFilter(text="后端"))


@unit_of_work
async def open_card(transaction: Transaction, call: Call, *, card_id: str) -> FoundCard:
    """Open one card. The candidate's ledger names the employer that did."""
    member = await member_of(call, transaction)
    require(in_good_standing(member.standing))
    row = await visible_card(call, member, card_id)
    entry = ledger.Entry(
        as_uuid(row["candidate_id"]), ledger.Event.CARD_OPENED, call.now, member.employer_id, member.member_id
    )
    await ledger.append(transaction, entry)
    return _found(call.desk, {**row, "employer_id": member.employer_id})


async def visible_card(call: Call, member: MemberActor, card_id: str) -> Mapping[str, Any]:
    """Return the row of a card that is visible to the employer now. An id of another employer is not found."""
    try:
        candidate_id = UUID(bytes=call.desk.opaque.reveal(card_id, b"card", member.employer_id.bytes))
    except (CannotOpen, ValueError) as junk:
        raise NotFound("cardId") from junk
    rows = await cards_of(call, member, [candidate_id])
    if not rows:
        raise NotFound("cardId")
    return rows[0]


async def cards_of(call: Call, member: MemberActor, candidates: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Return the cards of these candidates that are visible to the employer now."""
    marks = ", ".join("?" * len(candidates))
    return await query(
        f"SELECT c.candidate_id, c.payload_{call.language} AS payload FROM card c "  # noqa: S608 - our own text
        f"WHERE c.candidate_id IN ({marks}) AND (c.visibility = 'VERIFIED_EMPLOYERS' OR c.function_code IN "
        "(SELECT function_code FROM job WHERE employer_id = ? AND state = 'OPEN'))",
        *candidates,
        member.employer_id,
    )


def found_card(desk: Desk, employer_id: UUID, candidate_id: UUID, payload: str) -> FoundCard:
    """Return a card under the id that this employer knows it by."""
    return FoundCard(desk.opaque.conceal(candidate_id.bytes, b"card", employer_id.bytes), payload)


def _found(desk: Desk, row: Mapping[str, Any]) -> FoundCard:
    return found_card(desk, as_uuid(row["employer_id"]), as_uuid(row["candidate_id"]), row["payload"])


@lru_cache(maxsize=1024)
def _groups(card_filter: CardFilter) -> tuple[tuple[str, ...], ...]:
    unknown = unknown_codes(card_filter)
    if unknown:
        raise InvalidInput(
            [Problem(field, "No term has this code. Query vocabulary for them.") for field, _ in unknown]
        )
    try:
        return match_groups(card_filter)
    except QueryTooLong as long:
        raise invalid("text", str(long)) from long


def _cursor_context(call: Call, card_filter: CardFilter) -> tuple[bytes, bytes, bytes]:
    return b"cards", (call.viewer.key or "").encode(), _asked(card_filter)


@lru_cache(maxsize=1024)
def _asked(card_filter: CardFilter) -> bytes:
    return hashlib.sha256(repr(card_filter).encode()).digest()


def _read_cursor(desk: Desk, cursor: str, context: tuple[bytes, ...]) -> int:
    try:
        return int.from_bytes(desk.opaque.reveal(cursor, *context))
    except CannotOpen as junk:
        raise invalid("after", "Give a cursor of the same search, as it was answered to you.") from junk


async def _explain(call: Call) -> None:
    """Say why nothing at all was answered: the statement found no member of a verified employer."""
    require(in_good_standing((await member_of(call)).standing))

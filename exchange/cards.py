"""Publishing and hiding a card. A card row exists exactly while employers may see it."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from anonymity.card import Card as BuiltCard
from anonymity.card import CardPreferences, build_card
from anonymity.pay import Pay
from anonymity.search_tokens import index_tokens
from consent.parties import Visibility
from exchange import ledger
from exchange.actors import candidate_of
from exchange.call import Call
from exchange.errors import invalid
from exchange.sealing import locked_candidate, read_secrets
from models import Candidate, Card, SealedField
from models.unit_of_work import Transaction, unit_of_work

SHOWN = (Visibility.MATCHED_EMPLOYERS, Visibility.VERIFIED_EMPLOYERS)


@unit_of_work
async def publish_card(transaction: Transaction, call: Call, *, visibility: Visibility) -> UUID:
    """Show the card to the employers named by ``visibility``, freshly built, at the top of the freshest."""
    if visibility not in SHOWN:
        raise invalid("visibility", "Choose who may see the card, or use hideCard.")
    candidate = await locked_candidate((await candidate_of(call, transaction)).candidate_id)
    document = await read_secrets(call.desk, candidate, SealedField.RESUME)
    if document is None:
        raise invalid("resume", "Import a resume first: a card is built from it.")
    await _set_visibility(transaction, candidate, visibility)
    await _show(transaction, call, candidate, document)
    data = {"visibility": visibility}
    await ledger.append(transaction, ledger.Entry(candidate.id, ledger.Event.CARD_PUBLISHED, call.now, data=data))
    return candidate.id


@unit_of_work
async def hide_card(transaction: Transaction, call: Call) -> UUID:
    """Take the card away from every employer at once. Requests and grants are untouched."""
    candidate = await locked_candidate((await candidate_of(call, transaction)).candidate_id)
    if candidate.visibility is not Visibility.HIDDEN:
        await _set_visibility(transaction, candidate, Visibility.HIDDEN)
        await _withdraw(transaction, candidate.id)
        await ledger.append(transaction, ledger.Entry(candidate.id, ledger.Event.CARD_HIDDEN, call.now))
    return candidate.id


async def show_again(transaction: Transaction, call: Call, candidate: Candidate) -> None:
    """Bring a shown card up to date after a change of what it is built from."""
    if candidate.visibility is Visibility.HIDDEN:
        return
    document = await read_secrets(call.desk, candidate, SealedField.RESUME)
    await _show(transaction, call, candidate, document or {})


def preferences_of(candidate: Candidate) -> CardPreferences:
    """Return what the candidate expects, as the card builder takes it."""
    if candidate.pay_amount is None:
        return CardPreferences(None, candidate.availability)
    pay = Pay(candidate.pay_amount, candidate.pay_currency or "", candidate.pay_period or "")
    return CardPreferences(pay, candidate.availability)


async def _show(transaction: Transaction, call: Call, candidate: Candidate, document: Mapping[str, object]) -> None:
    built = build_card(document, preferences_of(candidate), call.now.date())
    await _withdraw(transaction, candidate.id)
    await transaction.insert(card_row(call, candidate, built, await _next_sequence(transaction)))


def card_row(call: Call, candidate: Candidate, built: BuiltCard, sequence: int) -> Card:
    """Return the row of a card: its payload in both languages, and its search tokens."""
    return Card(
        candidate_id=candidate.id,
        sequence=sequence,
        visibility=candidate.visibility,
        function_code=built.function.code,
        payload_zh=orjson.dumps(built.payload("zh")).decode(),
        payload_en=orjson.dumps(built.payload("en")).decode(),
        tokens=" ".join(index_tokens(built)),
        published_at=call.now,
    )


async def _set_visibility(transaction: Transaction, candidate: Candidate, visibility: Visibility) -> None:
    await transaction.compare_and_set(Candidate, {"id": candidate.id}, {"visibility": visibility})
    candidate.visibility = visibility


async def _withdraw(transaction: Transaction, candidate_id: UUID) -> None:
    await transaction.query("DELETE FROM card WHERE candidate_id = ?", candidate_id)


async def _next_sequence(transaction: Transaction) -> int:
    sqlite = transaction.dialect == "sqlite"
    sql = (
        "SELECT coalesce(max(sequence), 0) + 1 AS next FROM card"
        if sqlite
        else "SELECT nextval('card_sequence') AS next"
    )
    return int((await transaction.query(sql))[0]["next"])

from typing import Annotated

import strawberry

from consent.templates import TEMPLATES
from exchange import ledger, reading, search
from exchange.actors import actor_of, candidate_of, member_of
from exchange.words import words_of
from resolvers import nodes, profiles, wrapping
from resolvers.context import Info
from resolvers.filters import card_filter
from resolvers.listing import as_connection
from schema.accounts import Viewer
from schema.candidates import LedgerCheck, LedgerEntry
from schema.cards import Card, CardFilterInput, Term, Vocabulary
from schema.consents import AuthorizationRequest, Grant, PurposeTemplate
from schema.employers import Job
from schema.enums import VocabularyTable
from schema.ids import node_key
from schema.nodes import DEFAULT_FIRST, After, Connection, First, Node, connection

CardId = Annotated[strawberry.ID, strawberry.argument(description="The card's id, as this employer knows it.")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
Filter = Annotated[CardFilterInput | None, strawberry.argument(description="What to find; everything without it.")]
Table = Annotated[VocabularyTable, strawberry.argument(description="Which table.")]


@strawberry.type(description="What can be read. Each viewer reads its own side.")
class Query:
    @strawberry.field(description="Who is signed in.")
    async def viewer(self, info: Info) -> Viewer:
        return await profiles.viewer(info.context.call)

    @strawberry.field(description="Any node by its id; null if there is none, or not for this viewer.")
    async def node(self, info: Info, id: NodeId) -> Node | None:  # noqa: A002 - Relay's name for it
        return await nodes.node(info.context, id)

    @strawberry.field(description="Cards, freshest first. For members of verified employers.")
    async def cards(
        self,
        info: Info,
        filter: Filter = None,  # noqa: A002 - the word clients know
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Card]:
        asked = card_filter(filter or CardFilterInput())
        page = await search.search_cards(info.context.call, card_filter=asked, first=first, after=after)
        found = [wrapping.card_source(card) for card in page.cards]
        return connection(found, page.cursors, has_next=page.has_next, after=after)  # type: ignore[arg-type]  # answered as the stored objects

    @strawberry.field(description="Open one card. The candidate's ledger records which employer did.")
    async def card(self, info: Info, id: CardId) -> Card | None:  # noqa: A002 - Relay's name for it
        found = await search.open_card(info.context.call, card_id=node_key(id, "Card"))
        return wrapping.card_source(found)  # type: ignore[return-value]  # answered as the stored object

    @strawberry.field(description="Requests to the candidate, or of the member's employer, newest first.")
    async def authorization_requests(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[AuthorizationRequest]:
        call = info.context.call
        actor = await actor_of(call)
        page = await reading.page(call, reading.requests_of(actor), first=first, after=after)
        seen = await reading.see_requests(actor, page.rows, call.now)
        return as_connection(page, [wrapping.request_type(item, call) for item in seen], after)

    @strawberry.field(description="Grants of the candidate, or to the member's employer, newest first.")
    async def grants(self, info: Info, first: First = DEFAULT_FIRST, after: After = None) -> Connection[Grant]:
        call = info.context.call
        actor = await actor_of(call)
        page = await reading.page(call, reading.grants_of(actor), first=first, after=after)
        seen = await reading.see_grants(actor, page.rows, call.now)
        return as_connection(page, [wrapping.grant_type(item) for item in seen], after)

    @strawberry.field(description="Jobs of the member's employer, newest first.")
    async def jobs(self, info: Info, first: First = DEFAULT_FIRST, after: After = None) -> Connection[Job]:
        call = info.context.call
        page = await reading.page(call, reading.jobs_of(await member_of(call)), first=first, after=after)
        return as_connection(page, [wrapping.job_type(row, call) for row in page.rows], after)

    @strawberry.field(description="The candidate's own ledger, newest entry first.")
    async def ledger(self, info: Info, first: First = DEFAULT_FIRST, after: After = None) -> Connection[LedgerEntry]:
        call = info.context.call
        page = await reading.page(call, reading.ledger_of(await candidate_of(call)), first=first, after=after)
        employers = await reading.employer_names({row.employer_id for row in page.rows if row.employer_id})
        members = await reading.member_names({row.member_id for row in page.rows if row.member_id})
        return as_connection(page, [wrapping.ledger_type(row, employers, members) for row in page.rows], after)

    @strawberry.field(description="Whether the candidate's own ledger is whole.")
    async def ledger_check(self, info: Info) -> LedgerCheck:
        broken_at = await ledger.verify((await candidate_of(info.context.call)).candidate_id)
        return LedgerCheck(intact=broken_at is None, broken_at=broken_at)

    @strawberry.field(description="The widest terms for each purpose.")
    def purpose_templates(self) -> list[PurposeTemplate]:
        return [wrapping.template_type(template) for template in TEMPLATES.values()]

    @strawberry.field(description="The terms of a table, with their names in the viewer's language.")
    def vocabulary(self, info: Info, table: Table) -> Vocabulary:
        return Vocabulary(table=table, terms=[Term(**word) for word in words_of(table, info.context.call.language)])

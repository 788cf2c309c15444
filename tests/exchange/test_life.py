"""Whole lives, drawn at random: the real verbs on a real database and a small pure model must agree at every step.

``LIFE_EXAMPLES`` says how many lives are lived.
"""

import os
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.parties import Standing
from consent.terms import Category, Form, Narrowing, Terms
from exchange import asking, deciding, ledger
from exchange.errors import Refused
from models import Assignee, AuthorizationRequest, DeletionDuty, Grant, LedgerEntry, Release
from models.statements import query
from tests.consent.machine_model import LifeModel, RequestModel
from tests.exchange.support import CANARIES, set_standing

KINDS = (Category.NAME, Category.PHONE, Category.EMAIL)
WIDTH = {Form.MASKED: 1, Form.RAW: 2}
LIMIT_DAYS, LIMIT_USES = 90, 10  # of the template for first contact

kinds = st.frozensets(st.sampled_from(KINDS), max_size=3)
which = st.integers(0, 2)
steps = st.one_of(
    st.tuples(
        st.just("ask"), st.dictionaries(st.sampled_from(KINDS), st.sampled_from(Form), min_size=1), st.integers(1, 3)
    ),
    st.tuples(st.just("approve"), which, kinds, kinds, st.none() | st.integers(0, 31)),
    st.tuples(st.just("approve"), which, st.just(frozenset()), st.just(frozenset()), st.none()),
    st.tuples(st.just("decline"), which),
    st.tuples(st.just("recall"), which),
    st.tuples(st.just("revoke"), which),
    st.tuples(st.just("release"), which, kinds),
    st.tuples(st.just("release"), which, st.just(frozenset())),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 13, 14, 30, 90])),
    st.tuples(st.just("stand"), st.booleans()),
)
lives = st.tuples(
    st.dictionaries(st.sampled_from(KINDS), st.sampled_from(Form), min_size=1), st.lists(steps, min_size=4, max_size=16)
)
patiently = settings(
    deadline=None,
    max_examples=int(os.environ.get("LIFE_EXAMPLES", "30")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Life:
    """One candidate and one employer, with the model of what they did and the rows of it."""

    def __init__(self, world, candidate, member):
        self.world, self.candidate, self.member = world, candidate, member
        self.model, self.rows, self.events = LifeModel(world.now), [], []
        self.terms, self.releases = {}, 0

    async def live(self, step):
        name, *parts = step
        before = await self.picture()
        expected, entries = await getattr(self, name)(*parts)
        if expected is not None and name not in {"wait", "stand"}:
            assert await self.picture() == before
        self.events += entries

    async def picture(self):
        """Return every row that belongs to this candidate, and how many messages there are."""
        of = {"candidate_id": self.candidate.id}
        found = [
            await model.filter(**of).order_by("id").values() for model in (AuthorizationRequest, Grant, LedgerEntry)
        ]
        grants = [row["id"] for row in found[1]]
        for model in (Release, Assignee, DeletionDuty):
            found.append(await model.filter(grant_id__in=grants).order_by("id").values())
        return found, (await query("SELECT count(*) AS n FROM outbox_message"))[0]["n"]

    async def answer(self, verb):
        try:
            return None, await verb
        except Refused as refused:
            return refused.denied.reason.value, None

    def chosen(self, number):
        return (self.model.requests[number], self.rows[number]) if number < len(self.rows) else (None, None)

    async def ask(self, categories, uses):
        asked_lately = any(
            request.fate != "APPROVED" and self.model.now < request.end for request in self.model.requests
        )
        expected = self.model.ask_refusal()
        if (
            expected in {None, "COOLING_DOWN"} and asked_lately
        ):  # One taken back holds its place, or a refusal would show.
            expected = "ALREADY_ASKED"
        overdue = self.overdue_requests()
        reason, row = await self.answer(
            self.world.request(self.member, self.candidate, categories=categories, max_uses=uses)
        )
        assert reason == expected
        if reason:
            return reason, []
        widths = {kind: WIDTH[form] for kind, form in categories.items()}
        self.model.requests.append(RequestModel(row.expires_at, widths, 30, uses))
        self.rows.append(row)
        self.terms[row.id] = row.terms
        return None, ["system:request:expired"] * overdue + ["employer:request:asked"]

    def overdue_requests(self):
        late = [request for request in self.model.requests if request.truth(self.model.now) == "EXPIRED"]
        fresh = [request for request in late if not getattr(request, "settled", False)]
        if self.model.ask_refusal() is None:
            for request in fresh:
                request.settled = True
        return len(fresh)

    async def approve(self, number, drop, mask, days):
        request, row = self.chosen(number)
        if request is None:
            return None, []
        narrowing = Narrowing(drop=drop, mask=mask, access_days=days)
        verb = deciding.approve(
            self.world.call(self.candidate), request_id=row.id, terms_hash=row.terms_hash, narrowing=narrowing
        )
        if request.fate == "APPROVED":
            return await self.approve_again(request, verb, drop, mask, days)
        expected = self.model.approve_refusal(request, drop, mask, days)
        overdue = [
            r.grant
            for r in self.model.requests
            if r.grant and not r.grant.revoked and not r.grant.lives(self.model.now)
        ]
        fresh = [grant for grant in overdue if not getattr(grant, "settled", False)]
        reason, grant = await self.answer(verb)
        assert reason == expected
        if reason:
            return reason, []
        for old in fresh:
            old.settled = True
        self.model.approve(request, drop, mask, days)
        request.row = grant
        self.terms[grant.id] = grant.terms
        return None, ["system:grant:expired"] * len(fresh) + ["candidate:request:approved"]

    async def approve_again(self, request, verb, drop, mask, days):
        kept = {kind: 1 if kind in mask else width for kind, width in request.widths.items() if kind not in drop}
        wanted = request.days if days is None else days
        same = kept == request.grant.widths and wanted == request.grant.days
        reason, grant = await self.answer(verb)
        assert (reason, grant and grant.id) == ((None, request.row.id) if same else ("ALREADY_DECIDED", None))
        return "same", []

    async def decline(self, number):
        request, row = self.chosen(number)
        if request is None:
            return None, []
        again = request.fate == "DECLINED"
        expected = None if again else request.answer_refusal(self.model.now)
        reason, _ = await self.answer(deciding.decline(self.world.call(self.candidate), request_id=row.id))
        assert reason == expected
        if again or reason:
            return reason or "same", []
        request.fate = "DECLINED"
        return None, ["candidate:request:declined"]

    async def recall(self, number):
        request, row = self.chosen(number)
        if request is None:
            return None, []
        expected = request.recall_refusal(self.model.now) if self.model.verified else "EMPLOYER_SUSPENDED"
        reason, _ = await self.answer(asking.recall(self.world.call(self.member), request_id=row.id))
        assert reason == expected
        if reason:
            return reason, []
        request.taken_back, request.fate = True, request.fate or "RECALLED"
        return None, ["employer:request:recalled"]

    async def revoke(self, number):
        request, _ = self.chosen(number)
        if request is None or request.grant is None:
            return None, []
        again, lives = request.grant.revoked, request.grant.lives(self.model.now)
        verb = deciding.revoke(self.world.call(self.candidate), grant_id=request.row.id)
        reason, _ = await self.answer(verb)
        assert reason == (None if again or lives else "GRANT_ENDED")
        if again or reason:
            return reason or "same", []
        self.model.revoke(request)
        return None, ["candidate:grant:revoked"]

    async def release(self, number, wanted):
        request, _ = self.chosen(number)
        if request is None or request.grant is None:
            return None, []
        wanted = wanted or frozenset(request.grant.widths)
        self.releases += 1
        expected = request.grant.release_refusal(self.model.now, self.model.verified, wanted)
        verb = self.world.release(self.member, request.row, *wanted, key=str(self.releases))
        reason, disclosure = await self.answer(verb)
        assert reason == expected
        if reason:
            return reason, []
        request.grant.uses_left -= 1
        told = {item.category: WIDTH[item.form] for item in disclosure.contact.values.values()}
        assert told == {kind: request.grant.widths[kind] for kind in wanted}
        return None, ["employer:contact:released"]

    async def wait(self, days):
        self.world.later(days=days)
        self.model.now = self.world.now
        return None, []

    async def stand(self, verified):
        await set_standing(self.member, Standing.VERIFIED if verified else Standing.SUSPENDED)
        self.model.verified = verified
        return None, []


async def check(life):
    """Assert the invariants of consent.md that these verbs can reach, by their numbers there."""
    of = {"candidate_id": life.candidate.id}
    requests = {row.id: row for row in await AuthorizationRequest.filter(**of)}
    grants = {row.id: row for row in await Grant.filter(**of)}
    entries = await LedgerEntry.filter(**of).order_by("sequence")
    releases = await Release.filter(grant_id__in=list(grants))
    _decided_once_and_granted_only_if_approved(life, requests, grants, entries)
    _narrower_and_narrower(requests, grants)
    await _released_only_to_assignees_under_a_living_grant(life, grants, releases, entries)
    for row in (*requests.values(), *grants.values()):  # 7
        assert row.terms == life.terms[row.id]
        assert Terms.parse(row.terms).digest() == row.terms_hash
    assert [entry.event for entry in entries][4:] == life.events  # 8
    assert await ledger.verify(life.candidate.id) is None
    assert not CANARIES.search(repr([entry.data for entry in entries]))  # 9


def _decided_once_and_granted_only_if_approved(life, requests, grants, entries):
    decisions = ("candidate:request:approved", "candidate:request:declined", "system:request:expired")
    for row in requests.values():  # 1 and 6
        assert sum(entry.subject_id == row.id and entry.event in decisions for entry in entries) <= 1
    assert {row.request_id for row in grants.values()} == {  # 3
        row.id for row in requests.values() if row.state.value == "APPROVED"
    }
    assert sum(row.state.value in {"ACTIVE", "PAUSED"} for row in grants.values()) <= 1
    assert sum(row.state.value == "PENDING" for row in requests.values()) <= 1
    stored = [requests[row.id].state.value for row in life.rows]
    truth = [request.truth(life.model.now) for request in life.model.requests]
    assert [state for state in stored if state != "PENDING"] == [
        told for state, told in zip(stored, truth, strict=True) if state != "PENDING"
    ]


def _narrower_and_narrower(requests, grants):
    for row in grants.values():  # 2
        asked, agreed = Terms.parse(requests[row.request_id].terms), Terms.parse(row.terms)
        assert agreed.categories.keys() <= asked.categories.keys()
        assert all(WIDTH[form] <= WIDTH[asked.categories[kind]] for kind, form in agreed.categories.items())
        assert agreed.access_days <= asked.access_days <= LIMIT_DAYS
        assert row.uses <= row.max_uses <= asked.max_uses <= LIMIT_USES
        assert row.expires_at - row.not_before == timedelta(days=agreed.access_days)
        assert replace(agreed, categories=asked.categories, access_days=asked.access_days) == asked


async def _released_only_to_assignees_under_a_living_grant(life, grants, releases, entries):
    assigned = {(row.grant_id, row.member_id) for row in await Assignee.filter(grant_id__in=list(grants))}
    ended = set()
    for entry in entries:  # 4
        if entry.event in {"candidate:grant:revoked", "system:grant:expired"}:
            ended.add(str(entry.subject_id))
        if entry.event == "employer:contact:released":
            assert not [grant for grant in ended if grant in entry.data]
    for row in releases:  # 5
        grant = grants[row.grant_id]
        assert (row.grant_id, row.member_id) in assigned
        assert grant.not_before <= row.released_at < grant.expires_at
        assert grant.ended_at is None or row.released_at <= grant.ended_at
    for grant in grants.values():
        assert grant.uses == sum(row.grant_id == grant.id for row in releases)
    duties = {row.grant_id for row in await DeletionDuty.filter(grant_id__in=list(grants))}
    assert duties == {row.id for row in grants.values() if row.state.value in {"REVOKED", "EXPIRED"}}


@patiently
@given(life=lives)
async def test_any_life_keeps_invariants_1_to_9_and_13_and_agrees_with_the_model(world, life):
    first, actions = life
    world.candidates.clear()  # Else every example would print those before it.
    lived = Life(world, await world.candidate(), await world.member())

    await lived.live(("ask", first, 2))
    for step in actions:
        await lived.live(step)

    await check(lived)


@patiently
@given(choices=st.lists(st.sampled_from(["decline", "revoke", "silence"]), max_size=3))
async def test_refusals_and_revocations_move_no_card_invariant_11(world, choices):
    candidate, twin, watcher = await world.candidate(), await world.candidate(), await world.member()
    before = [card.id for card in (await world.search(watcher)).cards]

    for choice in choices:
        member = await world.member()
        request = await world.request(member, candidate)
        if choice == "decline":
            await deciding.decline(world.call(candidate), request_id=request.id)
        elif choice == "revoke":
            grant = await world.approve(candidate, request)
            await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert [card.id for card in (await world.search(watcher)).cards] == before
    assert (await world.request(await world.member(), candidate)).state == "PENDING"
    assert (await world.request(await world.member(), twin)).state == "PENDING"

"""Whole lives of requests and grants, moved by the rules and by an independent model side by side."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from consent.decision import Denied
from consent.grants import COOL_DOWN_AFTER_REVOCATION, LIVE, GrantState, grant_state, may_revoke
from consent.parties import Party, Standing
from consent.policy import may_approve, may_ask, may_release, may_repeat_release
from consent.requests import (
    MOVES,
    REQUEST_LIFETIME,
    EmployerView,
    RequestState,
    RequestVerb,
    may_move,
    request_state,
    request_state_for_employer,
)
from consent.terms import Category, Form, Narrowing, Terms, narrow
from tests.consent.factories import (
    START,
    TEMPLATE,
    TICK,
    StoredGrant,
    StoredRequest,
    approval_facts,
    ask_facts,
    release_facts,
    some_terms,
)
from tests.consent.machine_model import FORTNIGHT, LifeModel, RequestModel

WIDTH = {Form.MASKED: 1, Form.RAW: 2}
KINDS = [Category.NAME, Category.PHONE, Category.EMAIL]
kinds = st.frozensets(st.sampled_from(KINDS), max_size=2)
which = st.integers(0, 2)


@dataclass
class Row:
    """What a verb would have stored of one request and its grant."""

    asked: Terms
    request: StoredRequest
    grant: StoredGrant | None = None
    granted: Terms | None = None
    departures: int = 0


def refusal(decision):
    return decision.reason if isinstance(decision, Denied) else None


def widths(terms):
    return {kind: WIDTH[form] for kind, form in terms.categories.items()}


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = LifeModel(START)
        self.rows = []
        self.cooling_until = None
        self.ledger = []

    @property
    def now(self):
        return self.model.now

    @property
    def standing(self):
        return Standing.VERIFIED if self.model.verified else Standing.SUSPENDED

    def pick(self, back):
        place = max(len(self.rows) - 1 - back, 0)
        return self.rows[place], self.model.requests[place]

    def pick_grant(self, back):
        held = [place for place, row in enumerate(self.rows) if row.grant]
        place = held[max(len(held) - 1 - back, 0)]
        return self.rows[place], self.model.requests[place]

    def has_live_grant(self):
        return any(row.grant and grant_state(row.grant, self.now) in LIVE for row in self.rows)

    def move(self, row, verb, party):
        state = MOVES[verb, party]
        stored = row.request.state
        row.departures += stored is RequestState.PENDING
        final = state if stored is RequestState.PENDING else stored
        recalled_at = self.now if verb is RequestVerb.RECALL else row.request.recalled_at
        row.request = replace(row.request, state=final, recalled_at=recalled_at)

    @rule(step=st.sampled_from([TICK, timedelta(hours=5), timedelta(days=1), timedelta(days=40)]))
    def time_passes(self, step):
        self.model.now += step

    @precondition(lambda self: self.rows)
    @rule(back=which, gap=st.sampled_from([-TICK, timedelta(0)]), of_grant=st.booleans())
    def time_passes_to_an_end(self, back, gap, of_grant):
        row, _ = self.pick(back)
        ends = row.grant if of_grant and row.grant else row.request
        self.model.now = max(self.now, ends.expires_at + gap)

    @rule(verified=st.sampled_from([True, True, True, False]))
    def the_employer_is_suspended_or_reinstated(self, verified):
        self.model.verified = verified

    @rule(
        forms=st.dictionaries(st.sampled_from(KINDS), st.sampled_from(Form), min_size=1),
        days=st.integers(1, 30),
        uses=st.integers(1, 3),
    )
    def ask(self, forms, days, uses):
        terms = some_terms(categories=forms, access_days=days, max_uses=uses)
        views = [request_state_for_employer(row.request, self.now) for row in self.rows]
        facts = ask_facts(
            standing=self.standing,
            already_asked=EmployerView.PENDING in views,
            already_granted=self.has_live_grant(),
            cooling_until=self.cooling_until,
        )

        decision = may_ask(facts, terms, TEMPLATE, self.now)

        assert refusal(decision) == self.model.ask_refusal()
        if refusal(decision) is None:
            self.rows.append(Row(terms, StoredRequest(expires_at=self.now + REQUEST_LIFETIME)))
            self.model.requests.append(RequestModel(self.now + FORTNIGHT, widths(terms), days, uses))

    @precondition(lambda self: self.rows)
    @rule(back=which, drop=kinds, mask=kinds, days=st.none() | st.integers(0, 31))
    def approve(self, back, drop, mask, days):
        row, model = self.pick(back)
        narrowing = Narrowing(drop=drop, mask=mask, access_days=days)
        facts = approval_facts(
            asked=row.asked, narrowing=narrowing, standing=self.standing, already_granted=self.has_live_grant()
        )

        decision = may_approve(row.request, facts, self.now)

        assert refusal(decision) == self.model.approve_refusal(model, drop, mask, days)
        if refusal(decision) is None:
            self.move(row, RequestVerb.APPROVE, Party.CANDIDATE)
            row.granted = narrow(row.asked, narrowing)
            end = self.now + timedelta(days=row.granted.access_days)
            row.grant = StoredGrant(not_before=self.now, expires_at=end, max_uses=row.granted.max_uses)
            self.model.approve(model, drop, mask, days)

    @rule(days=st.integers(1, 30), uses=st.integers(1, 2))
    def ask_and_approve_as_asked(self, days, uses):
        self.ask(dict.fromkeys(KINDS, Form.RAW), days, uses)
        if self.rows:
            self.approve(0, frozenset(), frozenset(), None)

    @precondition(lambda self: self.rows)
    @rule(
        back=which,
        move=st.sampled_from([(RequestVerb.DECLINE, Party.CANDIDATE), (RequestVerb.CLOSE, Party.SYSTEM)]),
    )
    def decline_or_close(self, back, move):
        row, model = self.pick(back)

        decision = may_move(row.request, *move, self.now)

        assert refusal(decision) == model.answer_refusal(self.now)
        if refusal(decision) is None:
            self.move(row, *move)
            model.fate = {"DECLINE": "DECLINED", "CLOSE": "CLOSED"}[move[0]]

    @precondition(lambda self: self.rows)
    @rule(back=which)
    def recall(self, back):
        row, model = self.pick(back)

        decision = may_move(row.request, RequestVerb.RECALL, Party.EMPLOYER, self.now)

        assert refusal(decision) == model.recall_refusal(self.now)
        if refusal(decision) is None:
            self.move(row, RequestVerb.RECALL, Party.EMPLOYER)
            model.fate = model.fate or "RECALLED"
            model.taken_back = True

    @precondition(lambda self: any(row.grant for row in self.rows))
    @rule(back=which, wanted=kinds)
    def release(self, back, wanted):
        row, model = self.pick_grant(back)
        facts = release_facts(standing=self.standing, granted=row.granted, asked=wanted)

        decision = may_release(row.grant, facts, self.now)

        assert refusal(decision) == model.grant.release_refusal(self.now, self.model.verified, wanted)
        if refusal(decision) is None:
            row.grant = replace(row.grant, uses=row.grant.uses + 1)
            model.grant.uses_left -= 1
            self.ledger.append(("release", model, self.now, wanted))

    @precondition(lambda self: any(row.grant for row in self.rows))
    @rule()
    def release_all_that_was_granted(self):
        row, _ = self.pick_grant(0)
        self.release(0, frozenset(row.granted.categories))

    @precondition(lambda self: any(row.grant for row in self.rows))
    @rule(back=which, wanted=kinds)
    def repeat_a_release(self, back, wanted):
        row, model = self.pick_grant(back)
        facts = release_facts(standing=self.standing, granted=row.granted, asked=wanted)

        decision = may_repeat_release(row.grant, facts, self.now)

        assert refusal(decision) == model.grant.release_refusal(self.now, self.model.verified, wanted, again=True)
        if refusal(decision) is None:
            self.ledger.append(("repeat", model, self.now, wanted))

    @precondition(lambda self: any(row.grant for row in self.rows))
    @rule(back=which)
    def revoke(self, back):
        row, model = self.pick_grant(back)

        decision = may_revoke(row.grant, Party.CANDIDATE, self.now)

        assert refusal(decision) == (None if model.grant.lives(self.now) else "GRANT_ENDED")
        if refusal(decision) is None:
            row.grant = replace(row.grant, state=GrantState.REVOKED)
            self.cooling_until = self.now + COOL_DOWN_AFTER_REVOCATION
            self.model.revoke(model)
            self.ledger.append(("revoke", model, self.now, frozenset()))

    @rule()
    def a_job_stores_what_has_ended(self):
        for row in self.rows:
            state = request_state(row.request, self.now)
            row.departures += state is not row.request.state
            row.request = replace(row.request, state=state)
            if row.grant:
                row.grant = replace(row.grant, state=grant_state(row.grant, self.now))

    @invariant()
    def both_sides_read_what_the_model_says(self):
        read = [
            (request_state(r.request, self.now), request_state_for_employer(r.request, self.now)) for r in self.rows
        ]

        assert read == [(model.truth(self.now), model.told(self.now)) for model in self.model.requests]

    @invariant()
    def a_request_leaves_pending_at_most_once(self):
        assert all(row.departures == (row.request.state is not RequestState.PENDING) for row in self.rows)

    @invariant()
    def a_grant_is_within_its_request_and_that_within_the_template(self):
        for row, model in zip(self.rows, self.model.requests, strict=True):
            assert all(width <= WIDTH[TEMPLATE.categories[kind]] for kind, width in model.widths.items())
            assert model.days <= TEMPLATE.access_days
            if row.granted:
                granted = widths(row.granted)
                assert granted == model.grant.widths
                assert granted
                assert all(width <= model.widths[kind] for kind, width in granted.items())
                assert 1 <= row.granted.access_days == model.grant.days <= model.days
                assert 0 <= row.grant.uses <= row.grant.max_uses <= model.uses <= TEMPLATE.max_uses

    @invariant()
    def a_grant_exists_exactly_when_its_request_is_approved(self):
        assert all((row.grant is not None) == (row.request.state is RequestState.APPROVED) for row in self.rows)

    @invariant()
    def at_most_one_grant_lives_and_at_most_one_request_waits(self):
        live = [row for row in self.rows if row.grant and grant_state(row.grant, self.now) in LIVE]
        waiting = [row for row in self.rows if request_state(row.request, self.now) is RequestState.PENDING]

        assert len(live) <= 1
        assert len(waiting) <= 1
        assert not (live and waiting)

    @invariant()
    def in_ledger_order_no_release_follows_the_end_of_its_grant_or_shows_more(self):
        revoked = []
        for entry, model, at, wanted in self.ledger:
            assert not any(model is other for other in revoked)
            assert model.grant.start <= at < model.grant.end
            assert wanted <= set(model.grant.widths) <= set(model.widths)
            if entry == "revoke":
                revoked.append(model)


TestLife = Life.TestCase
TestLife.settings = settings(deadline=None, max_examples=200, stateful_step_count=50)

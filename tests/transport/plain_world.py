"""The real schema on made-up sources, and documents drawn from it at random."""

import json
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import orjson
from graphql import (
    get_named_type,
    is_composite_type,
    is_object_type,
)

from anonymity.card import CardPreferences, build_card
from anonymity.pay import Pay
from app.graphql import build_schema
from app.transport.config import TransportConfig
from app.transport.execution import Engine
from app.transport.params import OperationRequest
from app.transport.ports import Ports
from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.requests import RequestOrigin
from consent.terms import Category, Form, Method, Purpose
from resolvers.wrapping import StoredCard
from schema.accounts import Viewer
from schema.cards import PayBand, Term
from schema.consent_inputs import AuthorizationRequestSuccess
from schema.consents import AuthorizationRequest, CategoryTerm, Grant, Notice, Recipient, Terms
from schema.employers import Employer, Job, Member
from schema.enums import AccountKind, JobState, PayPeriod, RequestState
from schema.nodes import connection

RESUME = json.loads((Path(__file__).parents[1] / "anonymity" / "sample.resume.json").read_text(encoding="utf-8"))
PREFERENCES = CardPreferences(Pay(35_000, "CNY", "MONTH"), "ONE_MONTH")
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KEY = UUID(int=7)
ROOMY = TransportConfig(
    max_aliases=10_000, max_tokens=100_000, max_directives=10_000, max_overlaps=10**7, max_cost=10**9, max_depth=50
)
PAGE = "{ cards { nodes { %s } pageInfo { hasNextPage endCursor } } }"
TERM = "{ code name }"
WHOLE = f"""id function {TERM} functionFamily {TERM} level {TERM} yearsOfExperience {{ code name min max }}
region {TERM} industries {TERM} degree {TERM} expectedPay {{ min max currency period }} availability {TERM}
skills {TERM} languages {{ language {TERM} fluency {TERM} }}
careerSteps {{ function {TERM} level {TERM} industry {TERM} companySize {TERM} lengthInMonths }} updatedMonth"""


@cache
def payload(language="zh", preferences=PREFERENCES):
    return build_card(RESUME, preferences, date(2026, 11, 21)).payload(language)


def stored(changed=None, number=0):
    return StoredCard(f"Q2FyZD{number}", orjson.dumps(payload() if changed is None else changed).decode())


def cards():
    """Return cards of all kinds: with and without what may be null, stored as text and built just now."""
    bare = payload("en", CardPreferences(None, None)) | {"degree": None, "skills": [], "careerSteps": []}
    return [stored(), stored(bare, 1), {"id": "preview", **payload("en")}, stored(number=2)]


def broken_cards():
    """Return cards as they should never be: something is missing, null, of a wrong type, or too much."""
    good = payload()
    step = {**good["careerSteps"][0], "lengthInMonths": 2**40, "level": None}
    changes = (
        {"function": None},
        {"skills": [None]},
        {"skills": "abc"},
        {"region": {"code": 5, "name": True}},
        {"expectedPay": {**good["expectedPay"], "period": "CENTURY"}},
        {"degree": {"code": "x"}},
        {"careerSteps": [good["careerSteps"][0], step]},
        {"updatedMonth": ["2026"]},
        {"yearsOfExperience": {**good["yearsOfExperience"], "min": "3", "max": 4.0, "secret": "s"}},
        {"secret": "unknown"},
        {"level": ValueError("stored")},
    )
    return [{"id": f"broken{number}", **good, **change} for number, change in enumerate(changes)]


def request():
    recipient = Recipient(legal_name="云岫", credit_code="91", contact="a@b", address="“路”", country="CN")
    terms = Terms(
        recipient=recipient,
        job_title="Engineer",
        purpose=next(iter(Purpose)),
        categories=[CategoryTerm(category=Category.NAME, form=Form.RAW)],
        methods=[next(iter(Method))],
        access_days=3,
        max_uses=2,
        retention_days=9,
        onward_transfer="NONE",
        consequence_of_refusing="NONE",
        hash="aa",
        canonical="{}",
    )
    return AuthorizationRequest(
        id="cmVx",
        job_key=KEY,
        request_key=KEY,
        card_key=KEY,
        state=RequestState.PENDING,
        held=False,
        origin=next(iter(RequestOrigin)),
        terms=terms,
        notice=Notice(version=1, language="zh", text="告知\n", hash="bb"),
        message="hello",
        asked_at=AT,
        expires_at=AT,
        decided_at=None,
        viewer_can_approve=True,
        viewer_can_decline=False,
        viewer_can_recall=False,
    )


def job():
    pay = PayBand(min=1, max=None, currency="CNY", period=PayPeriod.MONTH)
    term = Term(code="a", name="b")
    return Job(
        id="am9i",
        title="工程师",
        description="",
        function=term,
        region=term,
        pay=pay,
        state=JobState.OPEN,
        created_at=AT,
    )


def grant():
    return Grant(
        id="Z3I",
        grant_key=KEY,
        request_key=KEY,
        job_key=KEY,
        state=GrantState.ACTIVE,
        terms=request().terms,
        signature="s",
        not_before=AT,
        expires_at=AT,
        ended_at=None,
        uses=0,
        max_uses=2,
        viewer_can_release=True,
        viewer_can_revoke=False,
    )


def member():
    employer = Employer(id="ZW1w", legal_name="云岫", credit_code="91", standing=Standing.VERIFIED)
    return Viewer(
        kind=AccountKind.MEMBER,
        candidate=None,
        member=Member(id="bWVt", role=next(iter(MemberRole)), employer=employer),
    )


def page_of(nodes):
    return connection(list(nodes), [f"c{number}" for number in range(len(nodes))], has_next=True, after=None)


class Loader:
    def __init__(self, make):
        self.make = make

    async def load(self, _key):
        return self.make()


class World:
    """An engine over the real schema whose root fields answer from `made`."""

    def __init__(self, make_cards=cards):
        self.make_cards = make_cards
        schema = build_schema()
        core = schema._schema
        self.core = core
        first = lambda: make_cards()[0]  # noqa: E731
        loaders = SimpleNamespace(
            cards=Loader(first),
            jobs=Loader(job),
            grants=Loader(grant),
            grants_by_request=Loader(grant),
            requests=Loader(request),
            releases_by_grant=Loader(list),
        )
        answers = {
            "cards": lambda: page_of(make_cards()),
            "card": first,
            "node": first,
            "authorizationRequests": lambda: page_of([request(), request()]),
            "grants": lambda: page_of([grant()]),
            "jobs": lambda: page_of([job()]),
            "viewer": member,
        }
        for name, answer in answers.items():
            core.query_type.fields[name].resolve = lambda _source, _info, _answer=answer, **_arguments: _answer()
        core.mutation_type.fields["requestAuthorization"].resolve = lambda _source, _info, **_arguments: (
            AuthorizationRequestSuccess(authorization_request=request())
        )
        core.subscription_type.fields["authorizationRequestChanged"].subscribe = self._events

        async def context(*_):
            return SimpleNamespace(loaders=loaders)

        self.engine = Engine(schema, ROOMY, Ports(None, context))

    @staticmethod
    async def _events(_source, _info):
        for message in ("one", "two"):
            yield replace(request(), message=message)

    def prepare(self, query, variables=None):
        return self.engine.prepare(OperationRequest(query, variables), None, None, "zh")

    async def ask(self, query, variables=None):
        """Return the bytes of the response, but for references, which are new each time."""
        return without_references((await self.engine.execute(self.prepare(query, variables))).payload)

    async def listen(self, query):
        return [without_references(reply.payload) async for reply in self.engine.stream(self.prepare(query))]


def without_references(reply):
    return re.sub(rb'"reference":"[-0-9a-f]+"', b'"reference":""', orjson.dumps(reply))


class Drawing:
    """One document, drawn at random: aliases, repeated fields, fragments, directives, type names."""

    FLAGS = ("$a", "$b", "true", "false")
    ROOTS = ("cards", "cards", "cards", "card", "node", "authorizationRequests", "grants", "jobs", "viewer")

    def __init__(self, schema, seed):
        self.schema = schema
        self.random = random.Random(seed)  # noqa: S311 - the same documents in every run
        self.fragments = []
        self.room = self.random.choice((5, 15, 60))

    def document(self):
        root = self.random.choice(self.ROOTS)
        field = self.schema.query_type.fields[root]
        argument = '(id: "x")' if "id" in field.args else ""
        body = self.selections(field.type, 0)
        operation = f"query Q($a: Boolean!, $b: Boolean = true) {{ {root}{argument} {body} x: __typename @skip(if: $a)"
        return f"{operation} @include(if: $b) }} {' '.join(self.fragments)}"

    def selections(self, type_, depth):
        type_ = get_named_type(type_)
        chosen = [self.selection(type_, depth) for _ in range(self.random.choice((1, 2, 3, 5, 8, 14)))]
        return f"{{ {' '.join(chosen)} }}"

    def selection(self, type_, depth):
        self.room -= 1
        dice = self.random.random()
        if dice < 0.06 or self.room < 0 or depth > 7:
            return self.leaf(type_) + self.directive()
        if dice < 0.2:
            return f"...{self.condition(type_)}{self.directive()} {self.selections(type_, depth + 1)}"
        if dice < 0.28:
            name = f"F{len(self.fragments)}"
            self.fragments.append("")
            self.fragments[int(name[1:])] = f"fragment {name} on {type_.name} {self.selections(type_, depth + 1)}"
            return f"...{name}{self.directive()}"
        if not is_object_type(type_):
            runtime = self.random.choice([self.schema.type_map["Card"], *self.schema.get_possible_types(type_)])
            return f"... on {runtime.name} {self.selections(runtime, depth + 1)}"
        return self.field(type_, depth)

    def leaf(self, type_):
        """Return a leaf under its own name or one that tells its field, so that repeated fields never conflict."""
        names = [name for name, field in type_.fields.items() if not is_composite_type(get_named_type(field.type))]
        name = self.random.choice([*names, "__typename"])
        return self.random.choice(("", "", f"{type_.name}_{name}1: ", f"{type_.name}_{name}2: ")) + name

    def field(self, type_, depth):
        name = self.random.choice(list(type_.fields))
        field = type_.fields[name]
        below = f" {self.selections(field.type, depth + 1)}" if is_composite_type(get_named_type(field.type)) else ""
        alias = self.random.choice(("", "", "", f"{type_.name}_{name}1: "))
        return f"{alias}{name}{self.directive()}{below}"

    def condition(self, type_):
        names = ["", f" on {type_.name}"]
        if is_object_type(type_):
            names += [f" on {interface.name}" for interface in type_.interfaces]
        condition = self.random.choice(names)
        return condition if "Node" not in condition else f" on Node {{ id }} ... on {type_.name}"

    def directive(self):
        if self.random.random() > 0.12:
            return ""
        return f" @{self.random.choice(('skip', 'include'))}(if: {self.random.choice(self.FLAGS)})"

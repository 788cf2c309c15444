"""Who may do what: every root field by every role, in every state of consent where that matters.

``ok``      answered, without an error
``null``    answered with null: not there, or not for this viewer
``!CODE``   an error at the top level with this code
``CODE``    the member of the result union with this code

The requests and grants are those between the candidate and the recruiter's employer; the suspended recruiter has its
own, from before the suspension. A state is that of the consent: ``none`` names ids that are of nothing.
"""

import pytest
from graphql import OperationType, get_named_type

from consent.parties import Standing
from exchange import deciding
from models import Employer
from schema.ids import global_id
from tests.api.answers import SOME_UUID
from tests.api.listening import first_event
from tests.api.selections import GRAPHQL, mutation_document
from tests.factories import PASSWORD

ROLES = (
    "anonymous",
    "candidate",
    "other_candidate",
    "recruiter",
    "rival",
    "interviewer",
    "suspended",
    "unverified",
    "operator",
)

TABLE = """
viewer                       -         !UNAUTHENTICATED ok ok ok ok ok ok ok ok
node(card)                   -         !UNAUTHENTICATED null null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
node(request)                pending   !UNAUTHENTICATED ok null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
node(grant)                  approved  !UNAUTHENTICATED ok null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
node(grant)                  revoked   !UNAUTHENTICATED ok null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
node(job)                    none      !UNAUTHENTICATED null null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
node(job)                    pending   !UNAUTHENTICATED ok null ok null ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
cards                        -         !UNAUTHENTICATED !NOT_ALLOWED !NOT_ALLOWED ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
card                         -         !UNAUTHENTICATED !NOT_ALLOWED !NOT_ALLOWED ok !NOT_FOUND ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
authorizationRequests        -         !UNAUTHENTICATED ok ok ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
grants                       -         !UNAUTHENTICATED ok ok ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
jobs                         -         !UNAUTHENTICATED !NOT_ALLOWED !NOT_ALLOWED ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
ledger                       -         !UNAUTHENTICATED ok ok !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED
ledgerCheck                  -         !UNAUTHENTICATED ok ok !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED !NOT_ALLOWED
purposeTemplates             -         ok ok ok ok ok ok ok ok ok
vocabulary                   -         ok ok ok ok ok ok ok ok ok
signUp                       -         EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN EMAIL_TAKEN
signIn                       -         ok ok ok ok ok ok ok ok ok
refreshSession               -         INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS INVALID_CREDENTIALS
signOut                      -         !UNAUTHENTICATED ok ok ok ok ok ok ok ok
importResume                 -         !UNAUTHENTICATED ok ok NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
updateContactDetails         -         !UNAUTHENTICATED ok ok NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
updateJobPreferences         -         !UNAUTHENTICATED ok ok NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
publishCard                  -         !UNAUTHENTICATED ok ok NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
hideCard                     -         !UNAUTHENTICATED ok ok NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
createJob                    -         !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ok ok NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
closeJob                     -         !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ok NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
requestAuthorization         none      !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ok NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
requestAuthorization         pending   !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ALREADY_ASKED NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
requestAuthorization         approved  !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ALREADY_GRANTED NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
requestAuthorization         revoked   !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED COOLING_DOWN NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
approveAuthorization         none      !UNAUTHENTICATED NOT_FOUND NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
approveAuthorization         pending   !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
approveAuthorization         approved  !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
approveAuthorization         revoked   !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
declineAuthorization         none      !UNAUTHENTICATED NOT_FOUND NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
declineAuthorization         pending   !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
declineAuthorization         approved  !UNAUTHENTICATED ALREADY_DECIDED NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
declineAuthorization         revoked   !UNAUTHENTICATED ALREADY_DECIDED NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
recallAuthorization          none      !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED NOT_FOUND NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
recallAuthorization          pending   !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ok NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
recallAuthorization          approved  !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED TOO_LATE NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
recallAuthorization          revoked   !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED TOO_LATE NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED EMPLOYER_NOT_VERIFIED NOT_ALLOWED
releaseContact               none      !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_ALLOWED
releaseContact               approved  !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED ok NOT_FOUND NOT_ASSIGNED EMPLOYER_SUSPENDED NOT_FOUND NOT_ALLOWED
releaseContact               revoked   !UNAUTHENTICATED NOT_ALLOWED NOT_ALLOWED GRANT_ENDED NOT_FOUND GRANT_ENDED GRANT_ENDED NOT_FOUND NOT_ALLOWED
revokeGrant                  none      !UNAUTHENTICATED NOT_FOUND NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
revokeGrant                  approved  !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
revokeGrant                  revoked   !UNAUTHENTICATED ok NOT_FOUND NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED NOT_ALLOWED
authorizationRequestChanged  -         !UNAUTHENTICATED ok ok ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
grantChanged                 -         !UNAUTHENTICATED ok ok ok ok ok !EMPLOYER_SUSPENDED !EMPLOYER_NOT_VERIFIED !NOT_ALLOWED
"""

ROWS = [line.split() for line in TABLE.strip().splitlines()]

QUERIES = {
    "viewer": "{ viewer { kind } }",
    "node": "query($id: ID!) { node(id: $id) { id } }",
    "cards": "{ cards { nodes { id } } }",
    "card": "query($id: ID!) { card(id: $id) { id } }",
    "authorizationRequests": "{ authorizationRequests { nodes { id } } }",
    "grants": "{ grants { nodes { id } } }",
    "jobs": "{ jobs { nodes { id } } }",
    "ledger": "{ ledger { nodes { id } } }",
    "ledgerCheck": "{ ledgerCheck { intact } }",
    "purposeTemplates": "{ purposeTemplates { purpose } }",
    "vocabulary": "{ vocabulary(table: DEGREES) { terms { code } } }",
}

PAY = {"amount": 1, "currency": "CNY", "period": "MONTH"}


class Story:
    """Everybody, with the consent between them in one state; each role names the ids that it could have."""

    def __init__(self, api, roles, state):
        self.api, self.roles, self.state, self.requests, self.grants = api, roles, state, {}, {}

    async def tell(self):
        for member in (self.roles.recruiter, self.roles.suspended):
            employer = Employer.filter(id=member.employer.id)
            await employer.update(standing=Standing.VERIFIED)
            await self._tell_between(member)
            if member is self.roles.suspended:
                await employer.update(standing=Standing.SUSPENDED)
        return self

    async def _tell_between(self, member):
        world, candidate = self.api.world, self.roles.candidate
        if self.state not in {"-", "none"}:
            self.requests[member.id] = await world.request(member, candidate)
        if self.state in {"approved", "revoked"}:
            self.grants[member.id] = await world.approve(candidate, self.requests[member.id])
        if self.state == "revoked":
            await deciding.revoke(world.call(candidate), grant_id=self.grants[member.id].id)

    def _member(self, role):
        return self.roles.suspended if role == "suspended" else self.roles.recruiter

    def id(self, type_name, rows, role):
        row = rows.get(self._member(role).id)
        return global_id(type_name, SOME_UUID if row is None else row.id)

    def terms_hash(self, role):
        row = self.requests.get(self._member(role).id)
        return "" if row is None else row.terms_hash

    async def given(self, operation, role):
        """Return the variables of an operation as this role would give them."""
        request = self.id("AuthorizationRequest", self.requests, role)
        grant = self.id("Grant", self.grants, role)
        job = global_id("Job", self._member(role).job.id)
        card = await self.api.card_id(self._member(role), self.roles.candidate)
        nodes = {"node(card)": card, "node(request)": request, "node(grant)": grant, "node(job)": job, "card": card}
        if operation in nodes:
            return {"id": nodes[operation]}
        asked = {"purpose": "RECRUIT_CONTACT", "categories": [{"category": "NAME", "form": "RAW"}]}
        inputs = {
            "signUp": {"email": self.roles.recruiter.email, "password": "ten quiet harbours"},
            "signIn": {"email": self.roles.recruiter.email, "password": PASSWORD},
            "refreshSession": {"refreshToken": "none"},
            "importResume": {"resume": {}},
            "updateContactDetails": {},
            "updateJobPreferences": {},
            "publishCard": {"visibility": "VERIFIED_EMPLOYERS"},
            "createJob": {"title": "Nurse", "pay": PAY, "payTo": 2},
            "closeJob": {"jobId": job},
            "requestAuthorization": {"cardId": card, "jobId": job, **asked, "accessDays": 1, "retentionDays": 1},
            "approveAuthorization": {"authorizationRequestId": request, "termsHash": self.terms_hash(role)},
            "declineAuthorization": {"authorizationRequestId": request},
            "recallAuthorization": {"authorizationRequestId": request},
            "releaseContact": {"grantId": grant, "categories": ["NAME"], "idempotencyKey": role},
            "revokeGrant": {"grantId": grant},
        }
        return {"input": inputs[operation]} if operation in inputs else {}

    async def outcome(self, operation, role):
        name = operation.partition("(")[0]
        document = QUERIES.get(name) or mutation_document(name)
        variables = await self.given(operation, role)
        answer = await self.api.ask(document, getattr(self.roles, role), **variables)
        return outcome_of(answer, name)


def outcome_of(answer, name):
    found = answer["data"] and answer["data"][name]
    if found is None:
        return "!" + answer["errors"][0]["extensions"]["code"] if "errors" in answer else "null"
    return found.get("code", "ok") if isinstance(found, dict) else "ok"


SUBSCRIPTIONS = set(GRAPHQL.subscription_type.fields)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row[0] not in SUBSCRIPTIONS], ids=lambda row: f"{row[0]} {row[1]}"
)
async def test_everybody_gets_what_the_table_says_and_a_refusal_changes_nothing(api, roles, row):
    operation, state, *expected = row
    story = await Story(api, roles, state).tell()

    outcomes = []
    for role, wanted in zip(ROLES, expected, strict=True):
        before = await api.state()
        outcomes.append(await story.outcome(operation, role))
        refused = wanted not in {"ok", "null"}
        assert not refused or await api.state() == before, role

    assert outcomes == expected


@pytest.mark.parametrize("row", [row for row in ROWS if row[0] in SUBSCRIPTIONS], ids=lambda row: row[0])
async def test_everybody_may_listen_as_the_table_says(api, roles, live, row):
    operation, _, *expected = row

    outcomes = [await first_event(api, live, getattr(roles, role), operation) for role in ROLES]

    assert outcomes == expected


def test_every_root_field_has_a_row_and_every_row_a_field():
    roots = [GRAPHQL.get_root_type(kind) for kind in OperationType]

    assert {row[0].partition("(")[0] for row in ROWS} == {name for root in roots for name in root.fields}
    assert [row for row in ROWS if len(row) != len(ROLES) + 2] == []


def test_every_mutation_about_a_request_or_a_grant_has_a_row_for_each_state_it_depends_on():
    states = {}
    for operation, state, *_ in ROWS:
        states.setdefault(operation, set()).add(state)
    about_requests = {n for n, f in GRAPHQL.mutation_type.fields.items() if _has_input(f, "authorizationRequestId")}
    about_grants = {n for n, f in GRAPHQL.mutation_type.fields.items() if _has_input(f, "grantId")}

    for operation in about_requests | {"requestAuthorization"}:
        assert states[operation] == {"none", "pending", "approved", "revoked"}
    for operation in about_grants:
        assert states[operation] == {"none", "approved", "revoked"}


def _has_input(field, name):
    given = field.args.get("input")
    return given is not None and name in get_named_type(given.type).fields


def test_an_operator_has_no_powers_and_is_told_so_clearly():
    open_to_all = {"viewer", "purposeTemplates", "vocabulary", "signUp", "signIn", "refreshSession", "signOut"}

    assert {row[-1].removeprefix("!") for row in ROWS if row[0] not in open_to_all} == {"NOT_ALLOWED"}

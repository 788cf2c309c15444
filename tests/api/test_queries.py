import json

import pytest

from exchange import deciding
from exchange.deciding import GRANT_TYPE
from models import Release
from schema.ids import global_id
from tests.api.answers import SOME_UUID, code_of
from tests.api.selections import GRAPHQL, everything
from vault.signing import verify_jws

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
WHOLE_NODES = sorted(kind.name for kind in GRAPHQL.get_possible_types(GRAPHQL.get_type("Node")))


async def test_the_viewer_of_each_kind(api, roles):
    document = f"{{ viewer {everything('Viewer')} }}"

    candidate = (await api.data(document, roles.candidate))["viewer"]
    member = (await api.data(document, roles.unverified))["viewer"]

    assert (candidate["kind"], candidate["member"]) == ("CANDIDATE", None)
    assert candidate["candidate"]["contact"]["phone"] == roles.candidate.canary.phone
    assert candidate["candidate"]["cardPreview"]["skills"] != []
    assert (member["kind"], member["candidate"], member["member"]["role"]) == ("MEMBER", None, "RECRUITER")
    assert member["member"]["employer"]["standing"] == "UNVERIFIED"


@pytest.fixture
async def nodes(api, roles):
    """One id of each type, with those who may read it."""
    world, candidate, recruiter = api.world, roles.candidate, roles.recruiter
    grant = await world.grant(recruiter, candidate)
    await world.release(recruiter, grant)
    entry = (await api.data("{ ledger(first: 1) { nodes { id } } }", candidate))["ledger"]["nodes"][0]
    both, theirs = {"candidate", "recruiter", "interviewer"}, {"recruiter", "interviewer"}
    return {
        "AuthorizationRequest": (global_id("AuthorizationRequest", grant.request_id), both),
        "CandidateProfile": (global_id("CandidateProfile", candidate.id), {"candidate"}),
        "Card": (await api.card_id(recruiter, candidate), theirs),
        "Employer": (global_id("Employer", recruiter.employer.id), theirs),
        "Grant": (api.id("Grant", grant), both),
        "Job": (api.id("Job", recruiter.job), both),
        "LedgerEntry": (entry["id"], {"candidate"}),
        "Member": (global_id("Member", recruiter.id), {"recruiter"}),
        "Release": (api.id("Release", await Release.get()), both),
    }


async def test_a_node_of_every_type_is_answered_to_its_own_side_and_null_to_others(api, roles, nodes):
    assert sorted(nodes) == WHOLE_NODES
    for type_name, (wanted, readers) in nodes.items():
        for role in ("candidate", "other_candidate", "recruiter", "rival", "interviewer"):
            answer = await api.data(NODE, getattr(roles, role), id=wanted)

            expected = {"__typename": type_name, "id": wanted} if role in readers else None
            assert answer == {"node": expected}, (type_name, role)


async def test_a_whole_node_of_every_type_can_be_selected(api, roles, nodes):
    for type_name, (wanted, readers) in nodes.items():
        who = getattr(roles, "candidate" if "candidate" in readers else "recruiter")
        document = f"query($id: ID!) {{ node(id: $id) {{ ... on {type_name} {everything(type_name)} }} }}"

        answer = await api.data(document, who, id=wanted)

        assert answer["node"]["id"] == wanted


@pytest.mark.parametrize("junk", ["", "x", "名", "a" * 1000, "Q2FyZA", str(SOME_UUID)])
async def test_junk_is_no_node(api, candidate, recruiter, junk):
    for who in (candidate, recruiter):
        for wanted in (junk, *(global_id(type_name, junk) for type_name in (*WHOLE_NODES, "Nothing"))):
            assert await api.data(NODE, who, id=wanted) == {"node": None}


async def test_a_card_of_another_employer_a_hidden_one_and_junk_are_not_found(api, candidate, recruiter):
    document = "query($id: ID!) { card(id: $id) { id } }"
    rival = await api.world.member()
    mine = await api.card_id(recruiter, candidate)
    assert await api.data(document, recruiter, id=mine) == {"card": {"id": mine}}
    await api.perform("hideCard", candidate)

    for wanted in (mine, await api.card_id(rival, candidate), "x", global_id("Job", SOME_UUID)):
        answer = await api.ask(document, recruiter, id=wanted)
        assert answer["data"] == {"card": None}
        assert [(code_of(error), error["path"]) for error in answer["errors"]] == [("NOT_FOUND", ["card"])]


async def test_opening_a_card_is_in_the_candidates_ledger_with_the_employers_name(api, candidate, recruiter):
    card_id = await api.card_id(recruiter, candidate)

    await api.data("query($id: ID!) { card(id: $id) { updatedMonth } }", recruiter, id=card_id)

    newest = "{ ledger(first: 1) { nodes { event party employerName memberName } } }"
    (entry,) = (await api.data(newest, candidate))["ledger"]["nodes"]
    assert (entry["event"], entry["party"]) == ("employer:card:opened", "EMPLOYER")
    assert entry["employerName"] == recruiter.employer.legal_name
    assert entry["memberName"].startswith("Member ")


async def test_the_ledger_is_chained_newest_first_and_whole(api, candidate, recruiter):
    await deciding.revoke(api.world.call(candidate), grant_id=(await api.world.grant(recruiter, candidate)).id)

    answer = await api.data(
        f"{{ ledger(first: 100) {everything('LedgerEntryConnection')} ledgerCheck {{ intact brokenAt }} }}", candidate
    )

    entries = answer["ledger"]["nodes"]
    assert [entry["sequence"] for entry in entries] == list(range(len(entries), 0, -1))
    assert [entry["event"] for entry in entries[:3]] == [
        "candidate:grant:revoked",
        "candidate:request:approved",
        "employer:request:asked",
    ]
    assert [entry["previousHash"] for entry in entries] == [entry["hash"] for entry in entries[1:]] + ["0" * 64]
    assert answer["ledgerCheck"] == {"intact": True, "brokenAt": None}


async def test_purpose_templates_are_the_same_for_everybody(api):
    templates = (await api.data(f"{{ purposeTemplates {everything('PurposeTemplate')} }}"))["purposeTemplates"]

    assert [template["purpose"] for template in templates] == [
        "RECRUIT_CONTACT",
        "INTERVIEW",
        "OFFER",
        "BACKGROUND_CHECK",
        "TALENT_POOL",
    ]
    assert [templates[0][name] for name in ("accessDays", "maxUses", "retentionDays", "openRequests")] == [
        90,
        10,
        180,
        200,
    ]


@pytest.mark.parametrize("table", sorted(GRAPHQL.get_type("VocabularyTable").values))
async def test_every_table_of_the_vocabulary_has_the_same_codes_in_both_languages(api, table):
    document = "query($table: VocabularyTable!) { vocabulary(table: $table) { table terms { code name } } }"

    english, chinese = [
        (await api.data(document, language=language, table=table))["vocabulary"] for language in ("en", "zh")
    ]

    assert english["table"] == chinese["table"] == table
    assert [term["code"] for term in english["terms"]] == [term["code"] for term in chinese["terms"]]
    assert english["terms"] != chinese["terms"]


async def test_a_grant_is_signed_over_itself_and_the_terms_that_are_answered(api, candidate, recruiter):
    stored = await api.world.grant(recruiter, candidate)
    document = "{ grants { nodes { signature terms { canonical hash } } } }"

    (grant,) = (await api.data(document, recruiter))["grants"]["nodes"]

    jwks = (await api.client.get("/.well-known/jwks.json")).json()
    record = json.loads(verify_jws(jwks, grant["signature"], GRANT_TYPE))
    assert (record["grant"], record["request"]) == (str(stored.id), str(stored.request_id))
    assert record["terms"] == json.loads(grant["terms"]["canonical"])
    assert record["terms_hash"] == grant["terms"]["hash"]

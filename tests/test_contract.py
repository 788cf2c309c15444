"""The contract: what the schema promises to clients, checked on the schema itself."""

import inspect
import re
import subprocess
from itertools import chain
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

from app import messages, translation
from app.service import SCHEMA
from consent.decision import Reason
from exchange import errors as domain
from schema.error_codes import ErrorCode
from schema.ids import WrongId
from tests.api.schema_changes import breaking_changes, unnamed

ROOT = Path(__file__).resolve().parent.parent
GRAPHQL = SCHEMA._schema
OURS = {name: kind for name, kind in GRAPHQL.type_map.items() if not name.startswith("__")}
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}
MUTATIONS = GRAPHQL.mutation_type.fields
VERBS = {
    "approve",
    "close",
    "create",
    "decline",
    "hide",
    "import",
    "publish",
    "recall",
    "refresh",
    "release",
    "request",
    "revoke",
    "sign",
    "update",
}

RAISES = {
    "signUp": {"EmailTaken", "RateLimited"},
    "signIn": {"InvalidCredentials", "RateLimited"},
    "refreshSession": {"InvalidCredentials", "RateLimited"},
    "signOut": set(),
    "importResume": set(),
    "updateContactDetails": set(),
    "updateJobPreferences": set(),
    "publishCard": set(),
    "hideCard": set(),
    "createJob": set(),
    "closeJob": {"NotFound"},
    "requestAuthorization": {"NotFound", "LimitExceeded", "AskConflict", "IdempotencyMismatch"},
    "recallAuthorization": {"NotFound", "RequestNotOpen"},
    "approveAuthorization": {"NotFound", "LimitExceeded", "TermsChanged", "RequestNotOpen", "AskConflict"},
    "declineAuthorization": {"NotFound", "RequestNotOpen"},
    "releaseContact": {"NotFound", "LimitExceeded", "GrantNotEffective", "IdempotencyMismatch"},
    "revokeGrant": {"NotFound", "GrantNotEffective"},
}
"""What a mutation may answer besides its success, InvalidInput and NotAllowed, from what its verb can raise."""

CONTACT_FIELDS = {"name", "phone", "email", "wechat", "address", "photo", "employerNames", "resumeDocument", "resume"}
NAMED_THINGS = {"Term", "YearsBand"}
"""Words of the vocabulary have names; people are not among them."""


def composites(kind: type) -> list:
    return [each for each in OURS.values() if isinstance(each, kind)]


def fields() -> list[tuple[str, object]]:
    owners = [*composites(GraphQLObjectType), *composites(GraphQLInterfaceType), *composites(GraphQLInputObjectType)]
    return [(f"{owner.name}.{name}", field) for owner in owners for name, field in owner.fields.items()]


def test_the_committed_schema_is_the_schema():
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == SCHEMA.as_str() + "\n"


def test_everything_is_described():
    enums = composites(GraphQLEnumType)
    things = chain(
        ((name, kind) for name, kind in OURS.items() if name not in BUILT_IN),
        fields(),
        (
            (f"{path}({name})", argument)
            for path, field in fields()
            for name, argument in getattr(field, "args", {}).items()
        ),
        ((f"{enum.name}.{name}", value) for enum in enums for name, value in enum.values.items()),
    )

    assert [path for path, thing in things if not (thing.description or "").strip()] == []


def test_descriptions_are_sentences():
    texts = {path: field.description.strip() for path, field in fields()}

    assert [path for path, text in texts.items() if not re.match(r"[A-Z0-9`]", text) or text[-1] not in ".:"] == []


def test_types_are_nouns_and_fields_are_camel_case():
    names = [path for path, _ in fields()]

    assert [path for path in names if not re.fullmatch(r"[A-Z][A-Za-z]+\.[a-z][A-Za-z]*", path)] == []
    suffixes = ("Type", "Model", "Object", "Payload", "DTO", "Dto")
    assert [name for name in OURS if name.endswith(suffixes)] == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_is_verb_first_with_one_input_of_its_name_or_none_and_a_union_of_its_name(mutation):
    field, title = MUTATIONS[mutation], mutation[0].upper() + mutation[1:]
    result = get_named_type(field.type)

    assert re.match("[a-z]+", mutation)[0] in VERBS
    assert [(name, str(argument.type)) for name, argument in field.args.items()] in ([], [("input", f"{title}Input!")])
    assert isinstance(result, GraphQLUnionType)
    assert str(field.type) == f"{title}Result!"


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_result_has_one_success_and_exactly_the_errors_its_verb_can_raise(mutation):
    success, *errors = [kind.name for kind in get_named_type(MUTATIONS[mutation].type).types]

    assert success.endswith("Success")
    assert set(errors) == RAISES[mutation] | {"InvalidInput", "NotAllowed"}
    assert len(errors) == len(set(errors))


def test_a_result_is_never_a_boolean_and_every_error_is_a_user_error():
    members = {kind for field in MUTATIONS.values() for kind in get_named_type(field.type).types}
    errors = {kind for kind in members if not kind.name.endswith("Success")}

    assert {kind.name for kind in errors} == {
        kind.name for kind in GRAPHQL.get_possible_types(GRAPHQL.get_type("UserError"))
    }
    for kind in errors:
        assert {name: str(kind.fields[name].type) for name in ("message", "code")} == {
            "message": "String!",
            "code": "ErrorCode!",
        }


def test_lists_of_rows_are_connections_with_first_and_after():
    for name, kind in OURS.items():
        if name.endswith("Connection"):
            assert {field: str(kind.fields[field].type) for field in kind.fields} == {
                "edges": f"[{name.removesuffix('Connection')}Edge!]!",
                "nodes": f"[{name.removesuffix('Connection')}!]!",
                "pageInfo": "PageInfo!",
            }
    connections = [f for _, f in fields() if get_named_type(f.type).name.endswith("Connection")]
    assert len(connections) == 5
    for field in connections:
        assert {"first": "Int!", "after": "String"}.items() <= {n: str(a.type) for n, a in field.args.items()}.items()


def test_every_type_with_an_id_is_a_node():
    with_id = {kind.name for kind in composites(GraphQLObjectType) if "id" in kind.fields}

    assert with_id == {kind.name for kind in GRAPHQL.get_possible_types(GRAPHQL.get_type("Node"))}


def reachable(start: str) -> dict[str, str]:
    """Return every type that can be reached from one, with the path to it."""
    found, waiting = {start: start}, [start]
    while waiting:
        kind = GRAPHQL.get_type(waiting.pop())
        for label, below in below_of(kind):
            if below.name not in found:
                found[below.name] = f"{found[kind.name]}.{label}"
                waiting.append(below.name)
    return found


def below_of(kind: object) -> list[tuple[str, object]]:
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        return [(f"<{member.name}>", member) for member in GRAPHQL.get_possible_types(kind)]
    below = [(name, get_named_type(field.type)) for name, field in kind.fields.items()]
    return [(name, named) for name, named in below if is_composite_type(named)]


def test_no_contact_detail_can_be_reached_from_a_card_by_any_path():
    paths = {
        f"{path}.{field}"
        for name, path in reachable("Card").items()
        for field in GRAPHQL.get_type(name).fields
        if field in CONTACT_FIELDS and name not in NAMED_THINGS
    }

    assert paths == set()
    assert set(reachable("Card")) == {"Card", "Term", "YearsBand", "PayBand", "LanguageSkill", "CareerStep"}


def test_the_fields_that_are_searched_for_are_those_of_contact_details():
    disclosed, own = (set(GRAPHQL.get_type(name).fields) for name in ("DisclosedContact", "OwnContact"))

    assert disclosed | own | {"resume"} == CONTACT_FIELDS


@pytest.mark.parametrize(
    ("guarded", "holders"),
    [
        ("DisclosedContact", {"ReleaseContactSuccess.contact"}),
        ("DisclosedText", {f"DisclosedContact.{name}" for name in CONTACT_FIELDS - {"resume", "resumeDocument"}}),
        ("ReleaseContactSuccess", set()),
        ("OwnContact", {"CandidateProfile.contact"}),
    ],
)
def test_contact_details_are_held_in_one_place(guarded, holders):
    objects = [*composites(GraphQLObjectType), *composites(GraphQLInterfaceType)]
    found = {
        f"{kind.name}.{name}"
        for kind in objects
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == guarded
    }

    assert found == holders
    unions = {kind.name for kind in composites(GraphQLUnionType) if guarded in {member.name for member in kind.types}}
    assert unions == ({"ReleaseContactResult"} if guarded == "ReleaseContactSuccess" else set())


def test_free_json_is_only_the_candidates_own_or_released():
    holders = {path for path, field in fields() if get_named_type(field.type).name == "JSON"}

    assert holders == {"CandidateProfile.resume", "DisclosedContact.resumeDocument", "ImportResumeInput.resume"}


def all_errors(kind: type) -> set[type]:
    return set(kind.__subclasses__()).union(*(all_errors(below) for below in kind.__subclasses__()))


def test_every_error_of_the_exchange_is_translated():
    translated = {*translation.SIMPLE, domain.InvalidInput, domain.Refused, domain.NotSignedIn, WrongId}

    assert all_errors(domain.ExchangeError) <= translated
    assert inspect.iscoroutinefunction(translation.DomainErrors.handle)


def test_every_reason_has_an_error_type_and_every_code_a_message_that_is_a_sentence():
    assert set(translation.ERROR_TYPES) == set(Reason)
    assert set(messages.ENGLISH) >= {code.value for code in ErrorCode} | set(translation.CODES.values())
    assert set(messages.CHINESE) == set(messages.ENGLISH)
    assert [code for code, text in messages.ENGLISH.items() if not re.fullmatch(r"[A-Z].{8,}\.", text)] == []


def test_the_code_of_an_error_is_its_name_and_value():
    assert [code for code in ErrorCode if code.name != code.value] == []


def test_every_error_type_of_a_reason_is_in_some_result():
    offered = set().union(*RAISES.values()) | {"InvalidInput", "NotAllowed"}

    assert {kind.__name__ for kind in translation.ERROR_TYPES.values()} <= offered


BEFORE = "type Query { card(id: ID!): Card } type Card { title: String! level: String }"
AFTER = "type Query { card(id: ID!, as: String!): Card } type Card { title: String }"


def test_a_change_that_breaks_clients_is_found_and_one_that_does_not_is_not():
    assert breaking_changes(BEFORE, BEFORE.replace("level: String", "level: String! more: Int")) == []
    assert breaking_changes(BEFORE, AFTER) == [
        "A required argument Query.card(as:) was added.",
        "Field Card.level was removed.",
        "Field Card.title changed type from String! to String.",
    ]


def test_a_breaking_change_must_be_named_in_the_changelog():
    changes = breaking_changes(BEFORE, AFTER)
    told = "\n".join(f"- **Breaking**: `{change}`" for change in changes[1:])

    assert unnamed(changes, "") == changes
    assert unnamed(changes, told) == changes[:1]


def test_the_schema_breaks_no_client_of_the_committed_one_unless_the_changelog_says_so():
    before = subprocess.run(
        ["git", "show", "HEAD:schema.graphql"],  # noqa: S607 - git as found
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert unnamed(breaking_changes(before or SCHEMA.as_str(), SCHEMA.as_str()), changelog) == []

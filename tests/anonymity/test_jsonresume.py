import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymity.jsonresume import InvalidResume, Problem, contact_from, employer_names, limited_to, validate
from consent.terms import Category

SAMPLE = json.loads((Path(__file__).parent / "sample.resume.json").read_text(encoding="utf-8"))
CANARY = "zqxcanary"


def problems_of(document: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidResume) as refused:
        validate(document)
    return [(problem.path, problem.message) for problem in refused.value.problems]


def nested(depth: int) -> object:
    value: object = "end"
    for _ in range(depth):
        value = [value]
    return value


def test_the_sample_of_the_schema_is_valid():
    validate(SAMPLE)


def test_an_empty_object_and_empty_addresses_are_valid():
    validate({})
    validate({"basics": {"email": "", "url": ""}, "meta": {"ok": True, "n": 1.5, "none": None}})


@pytest.mark.parametrize("document", [[], "resume", None, 3])
def test_anything_but_an_object_is_refused(document: object):
    assert problems_of(document) == [("", "Send a JSON Resume object.")]


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"work": [{"startDate": CANARY}]}, "work[0].startDate", "Write the date as YYYY, YYYY-MM or YYYY-MM-DD"),
        ({"basics": {"name": 5}}, "basics.name", "Send a string here"),
        ({"basics": [CANARY]}, "basics", "Send an object here"),
        ({"skills": CANARY}, "skills", "Send a list here"),
        ({"basics": {"email": CANARY}}, "basics.email", "Write an e-mail address"),
        ({"basics": {"url": CANARY}}, "basics.url", "Write a full web address"),
        ({"work": [{}] * 201}, "work", "Send at most 200 items."),
        ({"basics": {"summary": CANARY * 3000}}, "basics.summary", "Write at most 20000 characters."),
        ({"meta": nested(25)}, "meta" + "[0]" * 20, "Nest lists and objects at most 20 deep."),
        ({"basics": {"name": f"{CANARY}\0"}}, "basics.name", "Remove the characters that are no text"),
        ({"basics": {"name": f"{CANARY}\ud800"}}, "basics.name", "Remove the characters that are no text"),
        ({f"{CANARY}\0": 1}, "", "Remove the characters that are no text"),
        ({CANARY: {"name": "\0"}}, "?.name", "Remove the characters that are no text"),
        ({"meta": {3: CANARY}}, "meta", "Name fields with strings."),
        ({"meta": {"x": b"zqxcanary"}}, "meta.?", "Send only what JSON knows"),
    ],
)
def test_a_refusal_names_the_place_and_the_rule_but_never_the_value(document: object, path: str, message: str):
    found = problems_of(document)
    assert [where for where, _ in found] == [path]
    assert found[0][1].startswith(message)
    assert CANARY not in repr(found)


def test_the_error_itself_reads_well_and_carries_a_code():
    error = InvalidResume((Problem("basics.name", "Send a string."), Problem("", "Send an object.")))
    assert str(error) == "basics.name: Send a string.; resume: Send an object."
    assert error.code == "INVALID_RESUME"


def test_at_most_fifty_problems_are_told():
    assert len(problems_of({"work": [{"startDate": "soon"}] * 200})) == 50


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.just(CANARY),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["basics", "work", "name", "email", "startDate", CANARY]), inner)
        ),
        max_leaves=20,
    )
)
def test_no_refusal_ever_repeats_what_was_written(document: object):
    told = ""
    try:
        validate(document)
    except InvalidResume as error:
        told = str(error)
    assert CANARY not in told


def test_contact_details_are_picked_as_first_values():
    assert contact_from(SAMPLE) == {
        "name": "Richard Hendriks",
        "phone": "(912) 555-4321",
        "email": "richard.hendriks@mail.com",
        "address": "2712 Broadway St San Francisco California CA 94115 US",
    }


def test_a_wechat_profile_and_a_photo_are_contact_details():
    basics = {
        "image": "https://example.com/me.png",
        "profiles": [{"network": "GitHub", "username": "me"}, {"network": "WeChat", "username": "wx1"}, "no"],
    }
    assert contact_from({"basics": basics}) == {"photo": "https://example.com/me.png", "wechat": "wx1"}


def test_a_resume_without_basics_has_no_contact_details():
    assert contact_from({"basics": None}) == {}


def test_employers_are_named_once_each():
    work = [{"name": "甲公司"}, {"name": "Acme"}, {"name": "甲公司"}, {"position": "CEO"}]
    assert employer_names({"work": work}) == ["甲公司", "Acme"]
    assert employer_names({}) == []


def test_a_resume_limited_to_nothing_tells_neither_name_nor_way_to_the_person():
    limited = limited_to(SAMPLE, frozenset())
    told = json.dumps(limited)
    assert limited["basics"].keys() <= {"label", "summary", "location"}
    assert not [value for value in contact_from(SAMPLE).values() if value in told]
    assert not [name for name in employer_names(SAMPLE) if f'"name": "{name}"' in json.dumps(limited["work"])]
    assert limited["education"] == SAMPLE["education"]


def test_a_resume_limited_to_everything_is_whole():
    assert limited_to(SAMPLE, frozenset(Category)) == SAMPLE
    assert limited_to({}, frozenset()) == {}


@pytest.mark.parametrize("field", ["name", "phone", "email"])
def test_a_detail_granted_in_full_stays_in_the_resume(field: str):
    limited = limited_to(SAMPLE, {Category(field.upper())})
    kept = limited["basics"].keys() & {"name", "phone", "email"}
    assert kept == {field}
    assert limited["basics"][field] == SAMPLE["basics"][field]


def test_an_address_granted_in_full_stays_in_the_resume():
    assert limited_to(SAMPLE, {Category.ADDRESS})["basics"]["location"] == SAMPLE["basics"]["location"]

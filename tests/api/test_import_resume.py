import pytest

from models import Candidate
from tests.api.answers import NOT_ALLOWED, invalid
from tests.factories import Canary, resume_of

DATE = "Write the date as YYYY, YYYY-MM or YYYY-MM-DD, or leave the field out."


async def test_a_resume_is_kept_and_missing_contact_details_are_taken_from_it(api):
    signed_up = await api.perform("signUp", email="new@people.example", password="ten quiet harbours")
    authorization = f"Bearer {signed_up['accessToken']}"
    viewer = (await api.post("{ viewer { candidate { id } } }", authorization=authorization)).json()["data"]["viewer"]
    canary, row = Canary.number(777_001), await Candidate.get()
    api.recorder.watch(row.id, row.account_id, canary)
    document = resume_of(canary)

    answer = await api.post(
        "mutation($r: JSON!) { importResume(input: {resume: $r}) { ... on CandidateProfileSuccess { profile { id resume"
        " visibility contact { name phone email wechat address } } } } }",
        variables={"r": document},
        authorization=authorization,
    )

    assert answer.json()["data"]["importResume"]["profile"] == {
        "id": viewer["candidate"]["id"],
        "resume": document,
        "visibility": "HIDDEN",
        "contact": {
            "name": canary.name,
            "phone": canary.phone,
            "email": canary.email,
            "wechat": None,
            "address": f"{canary.address} 上海 CN",
        },
    }


async def test_the_profile_is_answered_with_a_preview_and_contact_details_that_were_set_stay(api, candidate):
    changed = resume_of(Canary.number(777_002), title="Data Engineer", city="北京", skill="Rust")

    result = await api.perform("importResume", candidate, resume=changed)

    profile = result["profile"]
    assert result["__typename"] == "CandidateProfileSuccess"
    assert (profile["resume"], profile["contact"]["name"]) == (changed, candidate.canary.name)
    assert profile["cardPreview"]["region"] == {"__typename": "Term", "code": "cn.bj", "name": "Beijing"}
    assert "Rust" in [skill["name"] for skill in profile["cardPreview"]["skills"]]


async def test_a_published_card_shows_the_new_resume_at_once(api, candidate, recruiter):
    cards = "{ cards { nodes { region { code } } } }"
    before = await api.data(cards, recruiter)

    await api.perform("importResume", candidate, resume=resume_of(candidate.canary, city="深圳"))

    after = await api.data(cards, recruiter)
    regions = [[node["region"]["code"] for node in answer["cards"]["nodes"]] for answer in (before, after)]
    assert regions == [["cn.sh"], ["cn.gd.shenzhen"]]


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ([], {"resume": "Send a JSON Resume object."}),
        ("text", {"resume": "Send a JSON Resume object."}),
        (5, {"resume": "Send a JSON Resume object."}),
        ({"work": {}}, {"resume__work": "Send a list here, or leave the field out."}),
        ({"work": [{"startDate": "last year"}]}, {"resume__work[0]__startDate": DATE}),
        ({"basics": {"email": "no address"}}, None),
        ({"work": [{}] * 201}, {"resume__work": "Send at most 200 items."}),
        ({"basics": {"summary": "x" * 20_001}}, {"resume__basics__summary": "Write at most 20000 characters."}),
        (
            {"basics": {"name": "\0"}},
            {"resume__basics__name": "Remove the characters that are no text: NUL and lone surrogates."},
        ),
    ],
)
async def test_each_problem_is_told_under_its_path_and_nothing_is_kept(api, candidate, document, problems):
    result = await api.refuse("importResume", candidate, resume=document)

    if problems is None:
        problems = {
            "resume__basics__email": "Write an e-mail address, such as name@example.com, or leave the field out."
        }
    assert result == invalid(**problems)


async def test_a_field_name_that_nobody_knows_is_not_repeated(api, candidate):
    result = await api.refuse("importResume", candidate, resume={candidate.canary.name: {"a": "x" * 20_001}})

    assert result == invalid(**{"resume__?__?": "Write at most 20000 characters."})


async def test_only_candidates_have_resumes(api, roles):
    for who in (roles.recruiter, roles.operator):
        assert await api.refuse("importResume", who, resume={}) == NOT_ALLOWED

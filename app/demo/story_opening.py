"""The first chapters: a candidate arrives, is found as a card, and is asked."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.blocks import DATA
from app.demo.story_cast import CANDIDATE_PASSWORD, REQUESTS, Cast, Ears
from app.demo.story_checks import expect, expect_absent, sha256
from app.demo.story_parties import Answer, Party, sign_in
from app.demo.story_telling import card_table

RESUME: dict[str, Any] = json.loads((DATA / "story_resume.json").read_text(encoding="utf-8"))
CONTACT = {
    "name": "纪云舟",
    "phone": "+8619000999999",
    "email": "ji.yunzhou@candidates.example",
    "wechat": "demo_wx_story",
    "address": "杭州市虚拟区故事巷 7 号",
}
WORKPLACES = [work["name"] for work in RESUME["work"]] + [school["institution"] for school in RESUME["education"]]
SECRETS = (*CONTACT.values(), *WORKPLACES)

CARD = """
    id function { name } level { name } yearsOfExperience { name } region { name } skills { name } degree { name }
    expectedPay { min max currency period } availability { name } languages { language { name } fluency { name } }
    industries { name } updatedMonth
    careerSteps { function { name } level { name } industry { name } companySize { name } lengthInMonths }
"""
PROFILE = "... on CandidateProfileSuccess { profile { visibility } }"
SEARCH = f"query($filter: CardFilterInput) {{ cards(filter: $filter, first: 100) {{ nodes {{ {CARD} }} }} }}"
OPEN = f"query($id: ID!) {{ card(id: $id) {{ {CARD} }} }}"
PREVIEW = f"{{ viewer {{ candidate {{ visibility cardPreview {{ {CARD} }} }} }} }}"
PHONE_OF_CARD = "{ cards { nodes { id phone } } }"
JOBS = "{ jobs(first: 100) { nodes { id title state } } }"
LIMITS = "{ purposeTemplates { purpose accessDays maxUses retentionDays } }"
ASKED = f"... on AuthorizationRequestSuccess {{ authorizationRequest {{ {REQUESTS} }} }}"
LIMIT = "... on LimitExceeded { field limit asked }"

SEARCHES: Sequence[tuple[str, str, Mapping[str, object]]] = (
    ("后端 杭州", "zh", {"text": "后端 杭州"}),
    ("backend hangzhou", "en", {"text": "backend hangzhou"}),
    ("skills Go, Kubernetes and PostgreSQL", "en", {"skillsAll": ["go", "kubernetes", "postgresql"]}),
    ("region Zhejiang, skill GraphQL", "en", {"regions": ["cn.zj"], "skillsAll": ["graphql"]}),
)


async def arrives(cast: Cast) -> None:
    """Sign a new candidate up, hand in its resume, and look at the card that would be made of it."""
    teller, candidate = cast.teller, cast.candidate
    teller.chapter("A candidate arrives, and nobody sees it")
    await sign_in(candidate, "signUp", cast.email, CANDIDATE_PASSWORD, cast.wait)
    teller.says(candidate, f"signs up as {cast.email}: an empty account, hidden")
    await candidate.succeed("importResume", PROFILE, resume=RESUME)
    teller.says(candidate, "imports a JSON Resume, in Chinese: it is kept sealed")
    await candidate.succeed("updateContactDetails", PROFILE, **CONTACT)
    pay = {"amount": 36000, "currency": "CNY", "period": "MONTH"}
    await candidate.succeed("updateJobPreferences", PROFILE, expectedPay=pay, availability="ONE_MONTH")
    teller.says(candidate, "gives name, phone, e-mail, WeChat and address: sealed too, and on no card")
    candidate.language = "en"
    profile = (await candidate.read(PREVIEW))["candidate"]
    expect("a new candidate is hidden", profile["visibility"], "HIDDEN")
    cast.preview = profile["cardPreview"]
    expect_absent("nothing on the card says who it is", SECRETS, cast.preview)
    teller.says(candidate, "previews the card, exactly as an employer would see it:")
    teller.shows(card_table(cast.preview), "de-identified card", "no name, no contact, no employer, no school")


async def is_found(cast: Cast) -> str:
    """Publish the card, and find it. Return its id, as the recruiter knows it."""
    teller, candidate, recruiter = cast.teller, cast.candidate, cast.recruiter
    teller.chapter("Published, and found by what the card says")
    before = [await _search(recruiter, language, given) for _, language, given in SEARCHES]
    teller.says(recruiter, "searches: the new candidate is not there, for it has not published")
    await candidate.succeed("publishCard", PROFILE, visibility="VERIFIED_EMPLOYERS")
    teller.says(candidate, "shows the card to verified employers")
    cards = []
    for (words, language, given), known in zip(SEARCHES, before, strict=True):
        found = await _search(recruiter, language, given)
        new = [card for key, card in found.items() if key not in known]
        expect(f"“{words}” finds exactly one card more", len(new), 1)
        teller.says(recruiter, f"searches “{words}”: {len(found)} found, the new card among them")
        cards += new
    expect("it is the same card each time", len({card["id"] for card in cards}), 1)
    recruiter.language = "en"
    card = await recruiter.read(OPEN, id=cards[0]["id"])
    expect("the card is the one that was previewed", {**card, "id": ""}, {**cast.preview, "id": ""})
    expect_absent("nothing the recruiter reads says who it is", SECRETS, [cards, card])
    teller.says(recruiter, "opens it: the very card of the preview. The candidate's ledger notes who looked")
    return str(card["id"])


async def is_guarded(cast: Cast, card_id: str) -> str:
    """Try what a card does not give. Return its id, as the other employer knows it."""
    teller = cast.teller
    teller.chapter("What a card does not give")
    answer = await cast.recruiter.send(PHONE_OF_CARD, {})
    error = (answer.get("errors") or [{}])[0]
    expect("a card has no phone", error.get("message"), "Cannot query field 'phone' on type 'Card'.")
    teller.refused(cast.recruiter, "asks for the card's phone", error["extensions"]["code"], error["message"])
    for party, code in ((cast.suspended, "EMPLOYER_SUSPENDED"), (cast.unverified, "EMPLOYER_NOT_VERIFIED")):
        expect(f"{party.name} searches", await party.barred(SEARCH, filter=None), code)
        teller.refused(party, "searches", code)
    other = cast.other
    expect("a card's id is good for one employer", await other.barred(OPEN, id=card_id), "NOT_FOUND")
    teller.refused(other, "opens the card by the first employer's id", "NOT_FOUND")
    found = await _search(other, "en", SEARCHES[2][2])
    newest = next(iter(found.values()))
    expect("the other employer sees the same card", {**newest, "id": ""}, {**cast.preview, "id": ""})
    expect("under an id of its own", newest["id"] == card_id, wanted=False)
    teller.says(other, "finds the same card, under another id: two employers cannot join their lists")
    return str(newest["id"])


async def is_asked(cast: Cast, ears: Ears, card_id: str) -> Answer:
    """Ask for too much, then properly, then again. Return the request."""
    teller, recruiter = cast.teller, cast.recruiter
    teller.chapter("The recruiter asks")
    question = cast.question = _question(card_id, await job_of(recruiter, "高级后端工程师"))
    asks = "requestAuthorization"
    refusal = await recruiter.refused(asks, "LIMIT_EXCEEDED", LIMIT, **{**question, "accessDays": 365})
    limits = await recruiter.read(LIMITS)
    days = next(limit["accessDays"] for limit in limits if limit["purpose"] == question["purpose"])
    named = (refusal["field"], refusal["limit"], refusal["asked"])
    expect("the refusal names the limit", named, ("accessDays", str(days), "365"))
    teller.refused(recruiter, "asks for a year of access", "LIMIT_EXCEEDED", "{}: at most {}, asked {}".format(*named))
    begun = time.perf_counter()
    asked: Answer = (await recruiter.succeed(asks, ASKED, **question))["authorizationRequest"]
    expect("the request waits for an answer", asked["state"], "PENDING")
    teller.says(recruiter, "asks for name, phone, e-mail and WeChat, for 60 days and 3 releases, for one job")
    heard = await ears.phone.next("authorizationRequestChanged")
    expect("the phone hears of this very request", (heard["id"], heard["state"]), (asked["id"], "PENDING"))
    teller.says(cast.phone, f"hears of it {ears.phone.after(begun)} after the question was sent")
    await ears.desk.next("authorizationRequestChanged")
    await recruiter.refused(asks, "ALREADY_ASKED", **question)
    teller.refused(recruiter, "asks the same again", "ALREADY_ASKED")
    expect("another employer cannot ask by this id", (await _ask_elsewhere(cast, card_id))["code"], "NOT_FOUND")
    teller.refused(cast.other, "asks by the first employer's card id", "NOT_FOUND")
    return asked


async def reads_notice(cast: Cast, request_id: str) -> str:
    """Read what is asked, in both languages. Return the hash of the terms."""
    teller, candidate = cast.teller, cast.candidate
    teller.chapter("The candidate reads, and decides")
    for language in ("zh", "en"):
        candidate.language = language
        inbox = (await candidate.read(f"{{ authorizationRequests {{ nodes {{ {REQUESTS} }} }} }}"))["nodes"]
        expect("the newest request in the inbox", inbox[0]["id"], request_id)
        notice, terms = inbox[0]["notice"], inbox[0]["terms"]
        expect("the hash of the notice", sha256(notice["text"]), notice["hash"])
        expect("the hash of the terms", sha256(terms["canonical"]), terms["hash"])
        seal = f"version {notice['version']} · {language} · SHA-256 {notice['hash'][:12]}…"
        teller.shows(notice["text"], "notice", seal)
    teller.says(candidate, f"both hashes recomputed; the terms are {terms['hash'][:12]}…")
    return str(terms["hash"])


async def job_of(party: Party, title: str) -> str:
    """Return the id of an open job of a party's employer."""
    jobs = (await party.read(JOBS))["nodes"]
    known = [job["id"] for job in jobs if (job["title"], job["state"]) == (title, "OPEN")]
    expect(f"{party.name} has an open job “{title}”", bool(known), wanted=True)
    return str(known[0])


async def _search(party: Party, language: str, given: Mapping[str, object]) -> dict[str, Answer]:
    party.language = language
    found = (await party.read(SEARCH, filter=given))["nodes"]
    return {card["id"]: card for card in found}


async def _ask_elsewhere(cast: Cast, card_id: str) -> Answer:
    question = _question(card_id, await job_of(cast.other, "数据分析师"))
    return await cast.other.do("requestAuthorization", "", **question)


def _question(card_id: str, job_id: str) -> dict[str, Any]:
    raw = [{"category": category, "form": "RAW"} for category in ("NAME", "PHONE", "EMAIL", "WECHAT")]
    return {
        "cardId": card_id,
        "jobId": job_id,
        "purpose": "RECRUIT_CONTACT",
        "categories": raw,
        "accessDays": 60,
        "maxUses": 3,
        "retentionDays": 90,
        "message": "您好，这个职位的技术栈与您的经验很接近，想与您聊聊。",
    }

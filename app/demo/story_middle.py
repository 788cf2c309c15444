"""The middle chapters: the candidate grants, contact is released, another request is declined, the grant revoked."""

import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.demo.story_cast import GRANTS, REQUESTS, Cast, Ears
from app.demo.story_checks import expect, signed_text
from app.demo.story_opening import ASKED, CONTACT, PROFILE, SEARCH, SEARCHES, job_of
from app.demo.story_parties import Answer
from app.demo.story_telling import contact_table

GRANTED = f"... on GrantSuccess {{ grant {{ {GRANTS} }} }}"
CONTACT_FIELDS = "name { form value } phone { form value } email { form value } wechat { form value }"
RELEASED = f"""
    ... on ReleaseContactSuccess {{ release {{ id releasedAt }} contact {{ {CONTACT_FIELDS} }} grant {{ uses }} }}
"""
NARROWED = {"dropCategories": ["WECHAT"], "maskCategories": ["EMAIL"], "accessDays": 30}
AGREED = {"NAME": "RAW", "PHONE": "RAW", "EMAIL": "MASKED"}


async def grants(cast: Cast, ears: Ears, request_id: str, terms_hash: str) -> Answer:
    """Approve less than was asked. Return the grant."""
    teller, candidate = cast.teller, cast.candidate
    approval: dict[str, Any] = {"authorizationRequestId": request_id, "narrowing": NARROWED}
    await candidate.refused("approveAuthorization", "TERMS_CHANGED", termsHash=terms_hash[::-1], **approval)
    teller.refused(candidate, "approves with the hash of other terms", "TERMS_CHANGED")
    begun = time.perf_counter()
    answer = await candidate.succeed("approveAuthorization", GRANTED, termsHash=terms_hash, **approval)
    grant: Answer = answer["grant"]
    expect("the grant is what was asked, narrowed", _forms(grant["terms"]["categories"]), AGREED)
    expect("the grant's time", _lifetime(grant), timedelta(days=30))
    teller.says(candidate, "approves, but narrows: no WeChat, the e-mail masked, 30 days instead of 60")
    heard = await ears.desk.next("grantChanged")
    expect("the recruiter hears of the grant", (heard["id"], heard["state"]), (grant["id"], "ACTIVE"))
    heard = await ears.desk.next("authorizationRequestChanged")
    expect("the recruiter hears of the answer", (heard["id"], heard["state"]), (request_id, "APPROVED"))
    teller.says(cast.recruiter, f"hears of the grant {ears.desk.after(begun)} after the tap")
    header, text = signed_text(grant["signature"], cast.jwks)
    record = json.loads(text)
    expect("the signature is over the terms agreed", record["terms"], json.loads(grant["terms"]["canonical"]))
    expect("the signature is over their hash", record["terms_hash"], grant["terms"]["hash"])
    teller.says(candidate, f"verifies the grant's signature ({header['alg']}) with /.well-known/jwks.json: it holds")
    for name in ("grantChanged", "authorizationRequestChanged"):
        await ears.phone.next(name)
    return grant


async def releases(cast: Cast, ears: Ears, grant: Answer) -> None:
    """Receive what was granted, and nothing else."""
    teller, recruiter = cast.teller, cast.recruiter
    teller.chapter("Contact is released, point to point")
    given = {"grantId": grant["id"], "categories": list(AGREED), "idempotencyKey": cast.key("first")}
    first = await recruiter.succeed("releaseContact", RELEASED, **given)
    expect("what was released", first["contact"], _granted_contact())
    teller.says(recruiter, "has the contact released:")
    teller.shows(contact_table(first["contact"]), "contact details")
    heard = await ears.phone.next("grantChanged")
    expect("the phone hears of the release", (heard["id"], heard["uses"]), (grant["id"], 1))
    teller.says(cast.phone, "hears of the release, as it happens")
    again = await recruiter.succeed("releaseContact", RELEASED, **given)
    expect("the same key gives the same release", again["release"]["id"], first["release"]["id"])
    expect("and is counted once", (first["grant"]["uses"], again["grant"]["uses"]), (1, 1))
    teller.says(recruiter, "repeats it with the same idempotency key: the same release, counted once")
    dropped = {**given, "categories": ["WECHAT"], "idempotencyKey": cast.key("dropped")}
    await recruiter.refused("releaseContact", "CATEGORY_NOT_GRANTED", **dropped)
    teller.refused(recruiter, "asks for the WeChat id that was dropped", "CATEGORY_NOT_GRANTED")
    await cast.other.refused("releaseContact", "NOT_FOUND", **given)
    teller.refused(cast.other, "tries the grant of the first employer", "NOT_FOUND")


async def declines(cast: Cast, ears: Ears, card_id: str) -> None:
    """Another employer asks and is declined, which it cannot tell from silence."""
    teller, candidate, other = cast.teller, cast.candidate, cast.other
    teller.chapter("Another request is declined, which looks like silence")
    question = {
        "cardId": card_id,
        "jobId": await job_of(other, "数据分析师"),
        "purpose": "INTERVIEW",
        "categories": [{"category": "NAME", "form": "RAW"}, {"category": "PHONE", "form": "MASKED"}],
        "accessDays": 30,
        "retentionDays": 30,
    }
    asked = (await other.succeed("requestAuthorization", ASKED, **question))["authorizationRequest"]
    await ears.other.next("authorizationRequestChanged")
    heard = await ears.phone.next("authorizationRequestChanged")
    expect("the phone hears of the second request", heard["id"], asked["id"])
    teller.says(other, "asks too, under the card id of its own; the phone hears of it")
    answer = {"authorizationRequestId": asked["id"]}
    declined = await candidate.succeed("declineAuthorization", ASKED, **answer)
    expect("the candidate reads that it declined", declined["authorizationRequest"]["state"], "DECLINED")
    heard = await ears.phone.next("authorizationRequestChanged")
    expect("the phone hears of the refusal", heard["state"], "DECLINED")
    teller.says(candidate, "declines: no reason is asked")
    shown = (await other.read(f"{{ authorizationRequests(first: 1) {{ nodes {{ {REQUESTS} }} }} }}"))["nodes"][0]
    expect("the employer reads no refusal", (shown["id"], shown["state"]), (asked["id"], "PENDING"))
    expect("nor a time of decision", shown["decidedAt"], None)
    expect("and its socket has heard nothing", ears.other.waiting(), 0)
    teller.says(other, "still reads PENDING, and its socket stays silent")
    recalled = await other.succeed("recallAuthorization", ASKED, **answer)
    expect("it recalls as if nothing had been said", recalled["authorizationRequest"]["state"], "RECALLED")
    teller.says(other, "recalls the question, as it could a pending one")


async def revokes(cast: Cast, ears: Ears, grant: Answer, card_id: str) -> None:
    """Take the grant back, and hide the card."""
    teller, candidate, recruiter = cast.teller, cast.candidate, cast.recruiter
    teller.chapter("The candidate takes it back")
    begun = time.perf_counter()
    revoked = await candidate.succeed("revokeGrant", GRANTED, grantId=grant["id"])
    expect("the grant is revoked", revoked["grant"]["state"], "REVOKED")
    teller.says(candidate, "revokes with one call: no reason is asked")
    keys = (cast.key("second"), cast.key("first"))
    given = {"grantId": grant["id"], "categories": list(AGREED)}
    for key in keys:
        await recruiter.refused("releaseContact", "GRANT_ENDED", idempotencyKey=key, **given)
    teller.refused(recruiter, "asks for the very next release, and for the old one again", "GRANT_ENDED")
    heard = await ears.desk.next("grantChanged")
    while heard["state"] == "ACTIVE":  # Its own release, heard of earlier.
        heard = await ears.desk.next("grantChanged")
    expect("the recruiter hears of the revocation", (heard["id"], heard["state"]), (grant["id"], "REVOKED"))
    teller.says(recruiter, f"hears of the revocation {ears.desk.after(begun)} after the tap")
    again = await recruiter.do("requestAuthorization", "... on AskConflict { until }", **cast.question)
    expect("the candidate is left in peace", again.get("code"), "COOLING_DOWN")
    teller.refused(recruiter, "asks again at once", "COOLING_DOWN", f"until {again['until'][:10]}")
    await candidate.succeed("hideCard", PROFILE)
    left = (await recruiter.read(SEARCH, filter=SEARCHES[2][2]))["nodes"]
    expect("a hidden card is found no more", [card for card in left if card["id"] == card_id], [])
    teller.says(candidate, "hides the card: no search finds it any more")


def _granted_contact() -> Answer:
    return {
        "name": {"form": "RAW", "value": CONTACT["name"]},
        "phone": {"form": "RAW", "value": CONTACT["phone"]},
        "email": {"form": "MASKED", "value": "j***@***"},
        "wechat": None,
    }


def _forms(categories: list[Mapping[str, str]]) -> dict[str, str]:
    return {item["category"]: item["form"] for item in categories}


def _lifetime(grant: Mapping[str, Any]) -> timedelta:
    return datetime.fromisoformat(grant["expiresAt"]) - datetime.fromisoformat(grant["notBefore"])

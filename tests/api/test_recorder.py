"""The recorder itself: a leak that is planted is found, and what is allowed is not taken for one."""

import json
import logging
from uuid import uuid4

import httpx2
import pytest
import structlog

from tests.api.recorder import Leak, Recorder
from tests.factories import Canary

CANARY = Canary.number(424242)
KINDS = ("name", "phone", "email", "wechat", "address", "school")


@pytest.fixture
def watching(recorder):
    recorder.watch(uuid4(), uuid4(), CANARY)
    return recorder


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["text", "key", "error", "card"])
async def test_a_value_anywhere_in_an_answer_is_a_leak(watching, kind, place):
    value = f"before {getattr(CANARY, kind).upper()} after"
    body = {
        "text": {"data": {"job": value}},
        "key": {"data": {value: 1}},
        "error": {"errors": [{"message": value}], "data": None},
        "card": {"data": {"viewer": {"candidate": {"cardPreview": {"skills": [value]}}}}},
    }[place]

    watching.keep_json("planted", json.dumps(body), None)

    with pytest.raises(Leak, match=kind):
        await watching.check()


async def test_the_profile_of_somebody_else_is_a_leak(watching):
    body = {"data": {"viewer": {"candidate": {"contact": {"name": CANARY.name}}}}}

    watching.keep_json("planted", json.dumps(body), uuid4())

    with pytest.raises(Leak, match="profile of somebody else: name"):
        await watching.check()


async def test_the_own_profile_is_no_leak(watching):
    body = {"data": {"viewer": {"candidate": {"contact": {"name": CANARY.name}, "resume": {"x": CANARY.school}}}}}

    watching.keep_json("planted", json.dumps(body), watching.watched[0].account_id)

    await watching.check()


async def test_headers_bodies_and_frames_of_the_wrapped_application_are_searched(recorder):
    async def leaky(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-who", CANARY.name.encode())]})
        await send({"type": "http.response.body", "body": CANARY.email[:9].encode(), "more_body": True})
        await send({"type": "http.response.body", "body": CANARY.email[9:].encode()})

    async def socket(_scope, _receive, send):
        await send({"type": "websocket.send", "text": json.dumps({"payload": CANARY.wechat})})

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=recorder.wrap(leaky))) as client:
        await client.get("http://leaky.test/")
    await recorder.wrap(socket)({"type": "websocket", "path": "/", "headers": []}, None, None or _swallow)

    for kind, place in {"name": "http / headers", "email": "http / body", "wechat": "websocket / frame"}.items():
        only = Recorder()
        only.sent = [entry for entry in recorder.sent if entry.place == place]
        only.watch(uuid4(), uuid4(), CANARY)
        with pytest.raises(Leak, match=f"{place}: {kind}"):
            await only.check()


async def _swallow(_message):
    pass


async def test_lines_of_both_kinds_of_logs_are_searched(recorder, api):
    structlog.get_logger().error("something", text=CANARY.phone)
    logging.getLogger("elsewhere").warning("somebody at %s", CANARY.address)
    kept = list(recorder.sent)
    recorder.forget()

    for kind in ("phone", "address"):
        only = Recorder()
        only.sent = [entry for entry in kept if getattr(CANARY, kind) in entry.text]
        only.watch(uuid4(), uuid4(), CANARY)
        with pytest.raises(Leak, match=f"log: {kind}"):
            await only.check()


async def test_a_value_in_the_raw_database_is_a_leak(api, recorder, url):
    recruiter = await api.world.member()
    await api.perform(
        "createJob",
        recruiter,
        title="Backend Engineer",
        description=f"Call {CANARY.phone}",
        pay={"amount": 1, "currency": "CNY", "period": "MONTH"},
        payTo=2,
    )
    recorder.watch(uuid4(), uuid4(), CANARY)

    with pytest.raises(Leak, match=r"database .*: phone"):
        await recorder.check_database(url)
    recorder.forget()


async def test_a_release_that_has_no_row_is_a_leak(api, recorder):
    candidate, recruiter = await api.world.candidate(), await api.world.member()
    await api.world.release(recruiter, await api.world.grant(recruiter, candidate))

    def answer(kind):
        contact = {kind: {"form": "RAW", "value": getattr(candidate.canary, kind)}}
        return json.dumps({"data": {"releaseContact": {"release": {"id": "x"}, "contact": contact}}})

    recorder.keep_json("true", answer("name"), recruiter.viewer.account_id)
    await recorder.check()

    recorder.keep_json("planted", answer("wechat"), recruiter.viewer.account_id)
    with pytest.raises(Leak, match="wechat without a release"):
        await recorder.check()
    recorder.forget()


async def test_a_release_to_another_employer_is_a_leak(api, recorder):
    candidate, recruiter, rival = await api.world.candidate(), await api.world.member(), await api.world.member()
    await api.world.release(recruiter, await api.world.grant(recruiter, candidate))
    contact = {"name": {"form": "RAW", "value": candidate.canary.name}}

    recorder.keep_json(
        "planted",
        json.dumps({"data": {"releaseContact": {"release": {}, "contact": contact}}}),
        rival.viewer.account_id,
    )

    with pytest.raises(Leak, match="name without a release"):
        await recorder.check()
    recorder.forget()

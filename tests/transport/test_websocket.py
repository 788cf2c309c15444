import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from websockets.exceptions import InvalidStatus

from tests.transport.conftest import sockets, until

COUNT = "subscription { count }"


async def test_a_query_answers_next_and_complete(world):
    async with sockets(world) as dial:
        client = await (await dial()).start("ada")
        await client.subscribe("1", "query Who { whoami }")

        assert await client.receive() == {"id": "1", "type": "next", "payload": {"data": {"whoami": "ada"}}}
        assert await client.receive() == {"id": "1", "type": "complete"}
        assert world.operations == [("Who", "ok")]


async def test_a_subscription_sends_its_events_in_order_and_completes(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", COUNT)

        events = [await client.receive() for _ in range(4)]
        assert [event["payload"]["data"]["count"] for event in events[:3]] == [0, 1, 2]
        assert events[3] == {"id": "1", "type": "complete"}
        assert world.closed == ["count"]


async def test_a_fast_stream_of_thousands_reaches_a_reader_who_reads(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "subscription { count(to: 3000) }")

        numbers = [(await client.receive())["payload"]["data"]["count"] for _ in range(3000)]
        assert numbers == list(range(3000))


async def test_a_client_that_says_nothing_is_closed(world):
    async with sockets(world, ws_init_seconds=0.2) as dial:
        client = await dial()

        assert await client.close_code() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(
    "frame",
    [
        "null",
        "[]",
        "5",
        '"x"',
        "true",
        "{}",
        "{",
        "",
        "\ufeff{}",
        "[" * 5000,
        '{"type":5}',
        '{"type":null}',
        '{"type":[]}',
        '{"type":"start","id":"1"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","id":[]}',
        '{"type":"subscribe","id":5,"payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":[]}',
        '{"type":"subscribe","id":"1","payload":{"query":5}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","operationName":{}}}',
        '{"type":"complete"}',
        '{"type":"complete","id":{}}',
        '{"type":"ping","payload":5}',
        '{"type":"connection_init","payload":"x"}',
        b"\x00\xff",
        b"{}",
    ],
)
async def test_a_frame_of_the_wrong_shape_closes_with_4400_and_harms_nobody_else(world, frame):
    async with sockets(world) as dial:
        other = await (await dial()).start()
        client = await (await dial()).start()
        await client.send(frame)

        assert (await client.close_code())[0] == 4400
        await other.subscribe("1", "{ hello }")
        assert (await other.receive())["payload"] == {"data": {"hello": "hello world"}}
        assert len(dial.transport.hub) == 1


async def test_a_frame_that_is_too_long_is_closed_with_1009(world):
    async with sockets(world, ws_frame_bytes=1000) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "{ hello }" + " " * 1000)
        assert (await client.close_code())[0] == 1009

        client = await (await dial()).start()
        await client.send("x" * 70_000)
        assert (await client.close_code())[0] == 1009


async def test_init_twice_is_4429_and_an_operation_before_init_is_4401(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.send({"type": "connection_init"})
        assert (await client.close_code())[0] == 4429

        client = await dial()
        await client.subscribe("1", "{ hello }")
        assert (await client.close_code())[0] == 4401


async def test_a_second_subscriber_with_the_same_id_is_4409(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "subscription { gated }")
        await client.subscribe("1", "subscription { gated }")

        assert await client.close_code() == (4409, "Subscriber for 1 already exists")
        await until(lambda: world.closed)


async def test_an_id_is_free_once_complete_was_sent(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        for _ in range(20):
            await client.subscribe("1", "{ hello }")
            assert (await client.receive())["type"] == "next"
            assert (await client.receive())["type"] == "complete"


async def test_ping_answers_pong_before_and_after_init(world):
    async with sockets(world) as dial:
        client = await dial()
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}

        await client.start()
        await client.send({"type": "pong", "payload": {"any": 1}})
        await client.send({"type": "ping", "payload": {}})
        assert await client.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "payload", [{"authorization": "Bearer bad"}, {"Authorization": "Basic x"}, {"authorization": []}]
)
async def test_a_bad_token_is_4403(world, payload):
    async with sockets(world) as dial:
        client = await dial()
        await client.send({"type": "connection_init", "payload": payload})

        assert (await client.close_code())[0] == 4403


async def test_the_token_may_stand_in_the_header(world):
    async with sockets(world) as dial:
        client = await (await dial(additional_headers={"Authorization": "Bearer ada"})).start()
        await client.subscribe("1", "{ whoami }")

        assert (await client.receive())["payload"]["data"] == {"whoami": "ada"}


async def test_another_subprotocol_is_4406(world):
    async with sockets(world) as dial:
        for protocols in (["graphql-ws"], None):
            client = await dial(subprotocols=protocols)
            assert (await client.close_code())[0] == 4406


async def test_only_allowed_origins_connect_from_browsers(world):
    async with sockets(world, allowed_origins=("https://app.test",)) as dial:
        await (await dial(origin="https://app.test")).start()
        await (await dial()).start()
        for origin in ("https://evil.test", "null", "http://app.test"):
            with pytest.raises(InvalidStatus) as refused:
                await dial(origin=origin)
            assert refused.value.response.status_code == 403


async def test_the_twenty_first_operation_is_refused_and_the_socket_stays(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        for number in range(21):
            await client.subscribe(str(number), "subscription { gated }")

        refused = await client.receive()
        assert (refused["id"], refused["type"]) == ("20", "error")
        assert refused["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS", "limit": 20}
        await client.send({"id": "3", "type": "complete"})
        await until(lambda: world.closed)
        await client.subscribe("20", "{ hello }")
        assert (await client.receive())["type"] == "next"


async def test_complete_does_not_free_the_place_of_a_mutation_that_still_runs(world):
    async with sockets(world, ws_operations_per_socket=2) as dial:
        client = await (await dial()).start()
        for identity in ("a", "b"):
            await client.subscribe(identity, 'mutation { work(name: "w", seconds: 0.5) }')
            await client.send({"id": identity, "type": "complete"})
        await client.subscribe("c", "{ hello }")

        assert (await client.receive())["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"


async def test_sockets_are_capped_per_viewer_per_address_and_in_total(world):
    async with sockets(world, ws_sockets_per_viewer=1, ws_sockets_per_address=3) as dial:
        await (await dial()).start("ada")
        second = await dial()
        await second.send({"type": "connection_init", "payload": {"authorization": "Bearer ada"}})
        assert await second.close_code() == (4508, "Too many connections")

        await (await dial()).start("bob")
        await (await dial()).start()
        assert (await (await dial()).close_code())[0] == 4508

    async with sockets(world, ws_sockets_total=1) as dial:
        first = await (await dial()).start()
        assert (await (await dial()).close_code())[0] == 4508
        await first.websocket.close()
        await until(lambda: len(dial.transport.hub) == 0)
        await (await dial()).start()


async def test_complete_on_a_mutation_lets_it_run_to_its_end_and_drops_the_answer(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", 'mutation { work(name: "kept") }')
        await until(lambda: world.started)
        await client.send({"id": "1", "type": "complete"})
        await client.send({"type": "ping"})

        assert await client.receive() == {"type": "pong"}
        await until(lambda: world.finished == ["kept"])
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}


async def test_a_client_that_vanishes_does_not_cancel_its_mutation(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", 'mutation { work(name: "kept") }')
        await until(lambda: world.started)
        client.websocket.transport.abort()

        await until(lambda: world.finished == ["kept"])
        await until(lambda: len(dial.transport.hub) == 0)
        await until(lambda: dial.transport.engine.runner.abandoned == 0)


async def test_five_hundred_cancelled_operations_leave_nothing_half_done(world):
    async with sockets(world, ws_operations_per_socket=500, max_abandoned=1000) as dial:
        client = await (await dial()).start()
        for number in range(500):
            await client.subscribe(str(number), f'mutation {{ work(name: "{number}", seconds: 0.05) }}')
            await client.send({"id": str(number), "type": "complete"})
        await client.subscribe("last", "{ hello }")

        message = await client.receive()
        while message["id"] != "last":
            message = await client.receive()
        await until(lambda: len(world.finished) == len(world.started))
        await until(lambda: dial.transport.engine.runner.abandoned == 0)


async def test_complete_on_a_subscription_closes_its_source(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "subscription { gated }")
        await until(lambda: world.started)
        await client.send({"id": "1", "type": "complete"})

        await until(lambda: world.closed == ["gated"])
        await client.subscribe("1", "{ hello }")
        assert (await client.receive())["payload"]["data"] == {"hello": "hello world"}


async def test_leaving_closes_the_sources(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "subscription { gated }")
        await client.subscribe("2", "subscription { count(to: 1000, pause: 0.05) }")
        await until(lambda: len(world.started) == 2)
        await client.websocket.close()

        await until(lambda: sorted(world.closed) == ["count", "gated"])
        await until(lambda: len(dial.transport.hub) == 0)


async def test_a_reader_that_does_not_read_is_dropped_and_others_are_served(world):
    async with sockets(world, stall_seconds=0.4) as dial:
        deaf = await (await dial(max_queue=1)).start()
        other = await (await dial()).start()
        await deaf.subscribe("1", "subscription { flood }")
        for _ in range(20):
            await other.subscribe("1", "{ hello }")
            assert (await other.receive())["type"] == "next"
            assert (await other.receive())["type"] == "complete"
            await asyncio.sleep(0.02)

        await until(lambda: world.closed == ["flood"])
        await until(lambda: len(dial.transport.hub) == 1)


async def test_the_socket_closes_when_the_token_ends(world):
    world.expires_at = datetime.now(UTC) + timedelta(seconds=0.4)
    async with sockets(world) as dial:
        client = await (await dial()).start("ada")
        await client.subscribe("1", "subscription { gated }")

        assert await client.close_code() == (4401, "Token expired")
        await until(lambda: world.closed == ["gated"])


async def test_revocation_closes_the_socket_before_another_event(world):
    async with sockets(world, revalidate_seconds=60) as dial:
        client = await (await dial()).start("ada")
        await client.subscribe("1", "subscription { gated }")
        await until(lambda: world.started)
        world.revoked.add("ada")
        world.gate.set()

        assert await client.close_code() == (4401, "Session ended")
        with pytest.raises(Exception, match="4401"):
            await client.receive()


async def test_a_silent_revoked_socket_is_closed_by_the_watch(world):
    async with sockets(world, revalidate_seconds=0.1) as dial:
        client = await (await dial()).start("ada")
        world.revoked.add("ada")

        assert await client.close_code() == (4401, "Session ended")


async def test_sign_out_closes_the_sockets_of_that_session_at_once(world):
    async with sockets(world) as dial:
        ada = await (await dial()).start("ada")
        bob = await (await dial()).start("bob")
        await ada.subscribe("1", "subscription { gated }")
        await until(lambda: world.started)

        assert await dial.transport.hub.close_session("session-ada") == 1
        assert await ada.close_code() == (4401, "Session ended")
        assert world.closed == ["gated"]
        await bob.subscribe("1", "{ whoami }")
        assert (await bob.receive())["payload"]["data"] == {"whoami": "bob"}


async def test_drain_closes_with_1001_and_waits_for_what_runs(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", 'mutation { work(name: "kept") }')
        await until(lambda: world.started)

        assert await dial.transport.drain() == 0
        assert (await client.close_code())[0] == 1001
        assert world.finished == ["kept"]


async def test_errors_before_execution_are_error_frames_and_the_socket_stays(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        cases = {
            "{": "GRAPHQL_PARSE_FAILED",
            "{ nope }": "GRAPHQL_VALIDATION_FAILED",
            "query ($n: Int!) { things(first: $n) { nodes { name } } }": "BAD_USER_INPUT",
            "query A { hello } query B { hello }": "OPERATION_RESOLUTION_FAILURE",
            "subscription { gated } fragment a on Query { ...a }": "GRAPHQL_VALIDATION_FAILED",
        }
        for query, code in cases.items():
            await client.subscribe("1", query)
            message = await client.receive()
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["code"] == code


async def test_an_event_source_that_breaks_is_masked(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "subscription { breaks }")

        assert (await client.receive())["payload"] == {"data": {"breaks": 1}}
        broken = await client.receive()
        assert broken["type"] == "error"
        assert broken["payload"][0]["message"] == "Internal error."
        assert broken["payload"][0]["extensions"].keys() == {"code", "reference"}


async def test_an_operation_that_takes_too_long_is_told_so_and_runs_on(world):
    async with sockets(world, max_execution_seconds=0.1) as dial:
        client = await (await dial()).start()
        await client.subscribe("1", "{ slow }")

        message = await client.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")
        await until(lambda: world.finished == ["slow"])


async def test_frames_of_a_completed_operation_are_not_taken_for_those_of_its_successor(world):
    async with sockets(world) as dial:
        client = await (await dial()).start()
        world.answers.clear()
        await client.subscribe("1", "subscription { count(to: 1000) }")
        await until(lambda: world.started)
        await client.send({"id": "1", "type": "complete"})
        await until(lambda: world.closed)
        await client.subscribe("1", "{ hello }")
        world.answers.set()

        assert (await client.receive())["payload"] == {"data": {"hello": "hello world"}}
        assert await client.receive() == {"id": "1", "type": "complete"}


async def test_an_authentication_that_breaks_closes_with_1011_and_tells_nothing(world):
    async with sockets(world) as dial:
        client = await dial()
        await client.send({"type": "connection_init", "payload": {"authorization": "Bearer broken"}})

        assert await client.close_code() == (1011, "")


async def test_a_revalidation_that_breaks_closes_for_a_later_try(world):
    async with sockets(world, revalidate_seconds=0.05) as dial:
        client = await (await dial()).start("ada")
        world.revoked = None

        assert await client.close_code() == (1013, "Try again later")

"""Doors of the edge that an attacker found open once."""

import pytest
from starlette.requests import HTTPConnection

from app.service import Service
from app.throttle import RateThrottle
from exchange.call import NOBODY, Desk
from exchange.errors import RateLimited
from tests.api.harness import settings
from tests.conftest import KEYS


async def test_other_spellings_of_an_address_give_no_more_tries_at_its_account():
    throttle = RateThrottle()
    spellings = [
        "someone@person.example",
        "SOMEONE@person.example",
        "ｓomeone@person.example",
        " someone@person.example ",
    ]

    for number in range(10):
        await throttle.hit("sign-in", f"address {number}", spellings[number % len(spellings)])

    with pytest.raises(RateLimited):
        await throttle.hit("sign-in", "another address", spellings[2])


async def test_all_addresses_of_one_ipv6_network_are_one_caller():
    service = Service(settings("sqlite:///nowhere.db"), Desk(KEYS))

    async def address(host):
        connection = HTTPConnection({"type": "http", "client": (host, 1)})
        return (await service.context(NOBODY, connection, "en")).address

    assert await address("2001:db8::1") == await address("2001:db8::ffff:1")
    assert await address("2001:db8::1") != await address("2001:db8:0:1::1")
    assert await address("192.0.2.1") == "192.0.2.1"

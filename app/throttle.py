"""Limits on how often something may be tried; counted in Redis when there is one, else in this process."""

import hashlib
import time
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from exchange.errors import RateLimited
from vault.lookup import normalize_email

REDIS_SECONDS = 2
RULES = {
    "sign-up": RateLimitItemPerMinute(20, 10),
    "sign-in": RateLimitItemPerMinute(30, 10),
    "sign-in-account": RateLimitItemPerMinute(10, 10),
    "refresh": RateLimitItemPerMinute(120, 10),
}


class RateThrottle:
    """Counts each try under its action and each of its names: an address, an account."""

    def __init__(self, redis_url: str = "") -> None:
        self._limiter = MovingWindowRateLimiter(_redis(redis_url) if redis_url else MemoryStorage())

    async def hit(self, action: str, *names: str) -> None:
        """Count one try. Raises ``RateLimited`` with the seconds to wait, ``ConnectionError`` when none can count."""
        try:
            for rule, name in zip((action, f"{action}-account"), names, strict=False):
                await self._hit(rule, name)
        except RedisError as away:
            raise ConnectionError("Redis is away") from away

    async def _hit(self, rule: str, name: str) -> None:
        key = hashlib.sha256(_one_spelling(name).encode(errors="replace")).hexdigest()
        if not await self._limiter.hit(RULES[rule], rule, key):
            window = await self._limiter.get_window_stats(RULES[rule], rule, key)
            raise RateLimited(max(1, int(window.reset_time - time.time()) + 1))


def _one_spelling(name: str) -> str:
    """Return the one form under which an account is found: another spelling of its address gives no more tries."""
    try:
        return normalize_email(name)
    except ValueError:
        return name


def _redis(url: str) -> RedisStorage:
    seconds: Any = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return RedisStorage(f"async+{url}", implementation="redispy", **seconds)


class NoThrottle:
    """Counts nothing: for audits, which try the same thing often on purpose."""

    async def hit(self, action: str, *names: str) -> None:
        """Let everything through."""

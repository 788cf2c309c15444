"""From a bearer token to a viewer. Tokens are checked without the database; verbs read the rights."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from starlette.requests import HTTPConnection

from app.transport.errors import PublicError
from exchange.accounts import session_is_live
from exchange.call import NOBODY, Desk, Viewer
from models import AccountKind
from vault.errors import InvalidToken
from vault.tokens import AccessClaims, read_access_token

CACHED_TOKENS = 10_000


class Authentication:
    """Reads access tokens; a token that was verified once is not verified again, only its end is looked at."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime]) -> None:
        self._desk, self._clock = desk, clock
        self._verified = lru_cache(maxsize=CACHED_TOKENS)(self._verify)

    async def viewer(self, token: str | None, _connection: HTTPConnection) -> Viewer:
        """Return who calls: nobody without a token. Raises ``UNAUTHENTICATED`` for one that is not accepted."""
        if token is None:
            return NOBODY
        try:
            claims = self._verified(token)
        except InvalidToken as wrong:
            raise PublicError("The access token is not accepted: sign in again.", "UNAUTHENTICATED") from wrong
        if claims.expires_at <= self._clock():
            raise PublicError("The access token has expired: refresh the session.", "UNAUTHENTICATED")
        return Viewer(claims.subject, claims.session, AccountKind(claims.kind), claims.expires_at)

    async def is_live(self, viewer: Viewer) -> bool:
        """Tell whether a viewer's session has not been ended: asked again and again for open sockets."""
        if viewer.session_id is None or viewer.account_id is None:
            return True
        return await session_is_live(viewer.session_id, viewer.account_id)

    def _verify(self, token: str) -> AccessClaims:
        policy = self._desk.policy
        return read_access_token(
            self._desk.keys.signing, token, issuer=policy.issuer, audience=policy.audience, now=self._clock()
        )

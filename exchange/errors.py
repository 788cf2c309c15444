"""What can go wrong in a verb. The domain raises; the edge translates, once.

ExchangeError
├── Refused              consent said no: carries the denial, and what is stored where that helps
├── NotFound             absent, or not for this viewer: one answer
├── NotSignedIn          no session, or one that has ended
├── Forbidden            signed in, but not as one who has this verb
├── InvalidInput         fields with what is wrong with each
├── InvalidCredentials   sign-in or refresh token not accepted
├── EmailTaken           sign-up with an address that has an account
├── IdempotencyMismatch  a key repeated with other parameters
└── RateLimited          too often: carries the seconds to wait
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.decision import Decision, Denied


class ExchangeError(Exception):
    """Anything that a verb refuses. Nothing has been changed."""


class Refused(ExchangeError):
    """Consent said no. ``subject`` is the stored row that explains it, where the viewer may see it."""

    def __init__(self, denied: Denied, subject: object = None) -> None:
        super().__init__(denied.reason)
        self.denied = denied
        self.subject = subject


class NotFound(ExchangeError):
    """``what`` is the name of the input field or of the type that was looked for."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotSignedIn(ExchangeError):
    """The viewer is nobody, or the session has ended."""


class Forbidden(ExchangeError):
    """The viewer is somebody else than this verb is for. ``needed`` says who it is for."""

    def __init__(self, needed: str) -> None:
        super().__init__(needed)
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one input. ``path`` is like ``resume.work[0].startDate``; no message quotes the value."""

    path: str
    message: str


class InvalidInput(ExchangeError):
    """One or more inputs cannot be accepted."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.path for problem in problems))
        self.problems = tuple(problems)


class InvalidCredentials(ExchangeError):
    """The e-mail address, password or refresh token is not accepted; which of them is not said."""


class EmailTaken(ExchangeError):
    """There is an account with this e-mail address."""


class IdempotencyMismatch(ExchangeError):
    """An idempotency key was used before, with other parameters."""


class RateLimited(ExchangeError):
    """Too many tries. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(str(retry_after))
        self.retry_after = retry_after


def require(decision: Decision, subject: object = None) -> None:
    """Go on if allowed, else raise :class:`Refused`."""
    if isinstance(decision, Denied):
        raise Refused(decision, subject)


def invalid(path: str, message: str) -> InvalidInput:
    """Return the error for one bad input."""
    return InvalidInput([Problem(path, message)])

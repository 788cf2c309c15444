"""What a consent is, told once more without the package's words: fates, ends and widths of one candidate and job."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

FORTNIGHT = timedelta(days=14)
QUARTER = timedelta(days=90)


@dataclass
class GrantModel:
    start: datetime
    end: datetime
    widths: dict
    days: int
    uses_left: int
    revoked: bool = False

    def lives(self, now):
        return not self.revoked and now < self.end

    def release_refusal(self, now, verified, wanted, *, again=False):
        if not self.lives(now):
            return "GRANT_ENDED"
        if not verified:
            return "EMPLOYER_SUSPENDED"
        if not (self.uses_left or again):
            return "USES_EXHAUSTED"
        if not wanted:
            return "NOTHING_ASKED"
        return None if wanted <= set(self.widths) else "CATEGORY_NOT_GRANTED"


@dataclass
class RequestModel:
    end: datetime
    widths: dict
    days: int
    uses: int
    fate: str = ""
    taken_back: bool = False
    grant: GrantModel | None = None

    def truth(self, now):
        return self.fate or ("PENDING" if now < self.end else "EXPIRED")

    def told(self, now):
        if self.fate == "APPROVED":
            return "APPROVED"
        if self.taken_back:
            return "RECALLED"
        return "PENDING" if now < self.end else "NOT_AVAILABLE"

    def answer_refusal(self, now):
        return {"PENDING": None, "EXPIRED": "REQUEST_EXPIRED"}.get(self.truth(now), "ALREADY_DECIDED")

    def recall_refusal(self, now):
        return None if self.told(now) == "PENDING" else "TOO_LATE"

    def narrowing_refusal(self, drop, mask, days):
        if not drop | mask <= set(self.widths):
            return "NOT_A_NARROWING"
        if drop >= set(self.widths):
            return "NOTHING_ASKED"
        return None if days is None or 1 <= days <= self.days else "NOT_A_NARROWING"


@dataclass
class LifeModel:
    """All that one employer and one candidate have had with each other about one job."""

    now: datetime
    verified: bool = True
    requests: list[RequestModel] = field(default_factory=list)
    cooling_until: datetime | None = None

    def live_grant(self):
        return any(request.grant and request.grant.lives(self.now) for request in self.requests)

    def ask_refusal(self):
        if not self.verified:
            return "EMPLOYER_SUSPENDED"
        if self.live_grant():
            return "ALREADY_GRANTED"
        if any(request.told(self.now) == "PENDING" for request in self.requests):
            return "ALREADY_ASKED"
        return "COOLING_DOWN" if self.cooling_until and self.now < self.cooling_until else None

    def approve_refusal(self, request, drop, mask, days):
        decided = request.answer_refusal(self.now)
        if decided or not self.verified:
            return decided or "REQUEST_HELD"
        return request.narrowing_refusal(drop, mask, days) or ("ALREADY_GRANTED" if self.live_grant() else None)

    def approve(self, request, drop, mask, days):
        kept = {kind: 1 if kind in mask else width for kind, width in request.widths.items() if kind not in drop}
        days = days or request.days
        request.fate = "APPROVED"
        request.grant = GrantModel(self.now, self.now + timedelta(days=days), kept, days, request.uses)

    def revoke(self, request):
        request.grant.revoked = True
        self.cooling_until = self.now + QUARTER

"""Pay and its bands: every currency has one period it is spoken of in, and bands of a fitting size."""

from dataclasses import dataclass

from anonymity.tables import rows

# Hours and days of a working month: 21.75 days of 8 hours (China, Ministry of Labour and Social Security, 2008, No. 3).
_MONTHLY = {"HOUR": 174.0, "DAY": 21.75, "MONTH": 1.0, "YEAR": 1 / 12}
_MOST = 10**12

_CURRENCIES = {row["code"]: row for row in rows("currencies")}
_BOUNDS = {row["period"]: [int(bound) for bound in row["bounds"].split("|")] for row in rows("pay_bands")}


class InvalidPay(ValueError):
    """``field`` is the part of the pay that cannot be: amount, currency or period."""

    code = "INVALID_PAY"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Pay:
    """An amount in whole units of an ISO 4217 currency, for an HOUR, DAY, MONTH or YEAR."""

    amount: int
    currency: str
    period: str

    def __post_init__(self) -> None:
        if not 0 < self.amount <= _MOST:
            raise InvalidPay("amount", f"The amount must be from 1 to {_MOST}.")
        if self.currency not in _CURRENCIES:
            raise InvalidPay("currency", "The currency must be a three-letter ISO 4217 code in capitals.")
        if self.period not in _MONTHLY:
            raise InvalidPay("period", f"The period must be one of {', '.join(_MONTHLY)}.")


@dataclass(frozen=True, slots=True)
class PayBand:
    """From ``min`` to below ``max`` (None: open) whole units of the currency in a MONTH or YEAR."""

    min: int
    max: int | None
    currency: str
    period: str


def band_of(pay: Pay) -> PayBand:
    bounds = bounds_of(pay.currency)
    reached = [bound for bound in bounds if bound <= _in_usual_period(pay)]
    above = bounds[len(reached) :]
    return PayBand(reached[-1], above[0] if above else None, pay.currency, _CURRENCIES[pay.currency]["period"])


def bounds_of(currency: str) -> list[int]:
    """Give the lower ends of the currency's bands, ascending from 0."""
    usual = _CURRENCIES[currency]
    return [bound * int(usual["unit"]) for bound in _BOUNDS[usual["period"]]]


def _in_usual_period(pay: Pay) -> float:
    # Rounded to cents: a twelfth of a year's pay times twelve must be that pay again.
    return round(pay.amount * _MONTHLY[pay.period] / _MONTHLY[_CURRENCIES[pay.currency]["period"]], 2)

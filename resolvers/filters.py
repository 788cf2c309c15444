"""From a filter as clients write it to a filter as the search takes it."""

from exchange.search import CardFilter
from exchange.words import Pay, asked_pay
from schema.cards import CardFilterInput, PayInput

LISTS = (
    "functions",
    "families",
    "levels",
    "regions",
    "industries",
    "skills_all",
    "skills_any",
    "languages",
    "availability",
)


def card_filter(given: CardFilterInput) -> CardFilter:
    """Unpack a filter."""
    return CardFilter(
        text=given.text,
        min_years=given.min_years,
        max_years=given.max_years,
        min_degree=given.min_degree,
        max_pay=None if given.max_pay is None else pay(given.max_pay, "maxPay"),
        **{name: tuple(getattr(given, name)) for name in LISTS},
    )


def pay(given: PayInput, path: str) -> Pay:
    """Unpack an amount of pay; what is wrong with it is told under ``path``."""
    return asked_pay(path, given.amount, given.currency, given.period)

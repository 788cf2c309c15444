"""Contact details on their way out. Only the release verb makes them; nothing that prints shows a value."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from anonymity.masks import mask
from consent.terms import Categories, Category, Form, canonical_json

Values = Mapping[Category, object]


@dataclass(frozen=True, slots=True, repr=False)
class DisclosedValue:
    """One category in its granted form. A resume document is an object, everything else is text."""

    category: Category
    form: Form
    value: object


@dataclass(frozen=True, slots=True, repr=False)
class DisclosedContact:
    """What one release hands over, by category; a category that the candidate has not filled in is absent."""

    values: Mapping[Category, DisclosedValue]

    def canonical(self) -> str:
        """Return one text of everything disclosed, for its digest."""
        return canonical_json({category: [item.form, item.value] for category, item in self.values.items()})


def disclose(known: Values, granted: Categories, asked: AbstractSet[Category]) -> DisclosedContact:
    """Take from what is known the categories that were granted and asked for, each in its granted form."""
    chosen = sorted(category for category in asked & granted.keys() if known.get(category))
    return DisclosedContact({category: _form(category, granted[category], known[category]) for category in chosen})


def _form(category: Category, form: Form, value: object) -> DisclosedValue:
    return DisclosedValue(category, form, value if form is Form.RAW else _masked(category, str(value)))


def _masked(category: Category, text: str) -> str:
    return "\n".join(mask(category, line) for line in text.split("\n"))

"""Terms: what exactly is asked of a candidate, or agreed by one. A frozen value with one canonical text.

The fields are what a separate consent has to name under PIPL article 23: the recipient's name and contact, the
purpose, the method and the kinds of data; with them the times, and what follows from refusing and withdrawing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from consent.decision import Decision, Reason, deny_if, first_denial


class Category(StrEnum):
    """One kind of contact details."""

    NAME = "NAME"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    WECHAT = "WECHAT"
    ADDRESS = "ADDRESS"
    PHOTO = "PHOTO"
    EMPLOYER_NAMES = "EMPLOYER_NAMES"
    RESUME_DOCUMENT = "RESUME_DOCUMENT"


class Form(StrEnum):
    """How a category is released: partly hidden, or as it is."""

    MASKED = "MASKED"
    RAW = "RAW"

    def within(self, widest: "Form") -> bool:
        """Tell whether this form discloses no more than ``widest``."""
        return self is Form.MASKED or widest is Form.RAW


class Purpose(StrEnum):
    """What the data is asked for; each has a template of the widest terms."""

    RECRUIT_CONTACT = "RECRUIT_CONTACT"
    INTERVIEW = "INTERVIEW"
    OFFER = "OFFER"
    BACKGROUND_CHECK = "BACKGROUND_CHECK"
    TALENT_POOL = "TALENT_POOL"


class Method(StrEnum):
    """What the recipient will do with the data."""

    VIEW = "VIEW"
    CONTACT = "CONTACT"
    STORE = "STORE"


Categories = Mapping[Category, Form]


@dataclass(frozen=True, slots=True)
class Recipient:
    """The one legal entity that receives. ``country`` is an ISO 3166-1 alpha-2 code."""

    legal_name: str
    credit_code: str
    contact: str
    address: str
    country: str


@dataclass(frozen=True, slots=True)
class Terms:
    """One recipient, one job, one purpose: what is asked or agreed.

    ``access_days`` counts from approval, ``retention_days`` from the release, ``max_uses`` counts releases.
    """

    recipient: Recipient
    job_id: str
    job_title: str
    purpose: Purpose
    template_version: int
    notice_version: int
    categories: Categories
    methods: tuple[Method, ...]
    access_days: int
    max_uses: int
    retention_days: int
    onward_transfer: str = "NONE"
    consequence_of_refusing: str = "NONE"

    def __post_init__(self) -> None:
        ordered = {Category(name): Form(self.categories[name]) for name in sorted(self.categories)}
        object.__setattr__(self, "categories", MappingProxyType(ordered))
        object.__setattr__(self, "methods", tuple(sorted(Method(method) for method in self.methods)))

    def canonical(self) -> str:
        """Return the one text of these terms: JSON with sorted keys and no spaces (after RFC 8785)."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["recipient"] = asdict(self.recipient)
        fields["categories"] = dict(self.categories)
        return canonical_json(fields)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical text, in hexadecimal."""
        return sha256_hex(self.canonical())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read terms back from their canonical text."""
        fields = json.loads(text)
        recipient, purpose = Recipient(**fields.pop("recipient")), Purpose(fields.pop("purpose"))
        return cls(recipient=recipient, purpose=purpose, **fields)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a candidate takes away from the terms asked. ``None`` leaves a figure as it was asked."""

    drop: frozenset[Category] = frozenset()
    mask: frozenset[Category] = frozenset()
    access_days: int | None = None
    retention_days: int | None = None
    max_uses: int | None = None


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys, no spaces and no escapes, so that equal values have equal texts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def narrow(asked: Terms, narrowing: Narrowing) -> Terms:
    """Return the terms that remain. Whether they really are narrower is for :func:`within` to say."""
    kept = {
        category: Form.MASKED if category in narrowing.mask else form
        for category, form in asked.categories.items()
        if category not in narrowing.drop
    }
    return replace(
        asked,
        categories=kept,
        access_days=_or(narrowing.access_days, asked.access_days),
        retention_days=_or(narrowing.retention_days, asked.retention_days),
        max_uses=_or(narrowing.max_uses, asked.max_uses),
    )


def may_narrow(asked: Terms, narrowing: Narrowing) -> Decision:
    """Decide whether a narrowing takes away only what was asked, and leaves something."""
    unknown = (narrowing.drop | narrowing.mask) - asked.categories.keys()
    return first_denial(
        deny_if(bool(unknown), Reason.NOT_A_NARROWING, field="categories", asked=_join(unknown)),
        within(narrow(asked, narrowing), asked, Reason.NOT_A_NARROWING),
    )


def within(inner: Terms, outer: Terms, reason: Reason) -> Decision:
    """Decide ``inner ≤ outer``: same recipient, job, purpose and wording, no category, form or time beyond it."""
    same = replace(
        inner,
        categories=outer.categories,
        access_days=outer.access_days,
        max_uses=outer.max_uses,
        retention_days=outer.retention_days,
    )
    return first_denial(
        deny_if(same != outer, reason, field="terms"),
        categories_within(inner.categories, outer.categories, reason),
        figures_within(inner, outer, reason),
    )


def categories_within(inner: Categories, outer: Categories, reason: Reason) -> Decision:
    """Decide whether categories are some, none wider, of ``outer``."""
    wider = {c: form for c, form in inner.items() if c not in outer or not form.within(outer[c])}
    return first_denial(
        deny_if(not inner, Reason.NOTHING_ASKED, field="categories"),
        deny_if(bool(wider), reason, field="categories", limit=_spell(outer), asked=_spell(wider)),
    )


FIGURES = ("access_days", "max_uses", "retention_days")


def figures_within(inner: Terms, outer: object, reason: Reason) -> Decision:
    """Decide whether days and uses are at least 1 and at most those of ``outer`` (terms or a template)."""
    return first_denial(*(_figure_within(name, getattr(inner, name), getattr(outer, name), reason) for name in FIGURES))


def _figure_within(name: str, asked: int, limit: int, reason: Reason) -> Decision:
    return deny_if(not 1 <= asked <= limit, reason, field=name, limit=str(limit), asked=str(asked))


def _spell(categories: Categories) -> str:
    return _join(f"{category}:{form}" for category, form in categories.items())


def _join(words: Iterable[str]) -> str:
    return " ".join(sorted(words))


def _or(value: int | None, default: int) -> int:
    return default if value is None else value

"""Purpose templates: for each purpose, the widest terms that may be asked at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from consent.decision import Decision, Reason, deny_if, first_denial
from consent.terms import Categories, Category, Form, Method, Purpose, Terms, categories_within, figures_within


@dataclass(frozen=True, slots=True)
class PurposeTemplate:
    """The limits of one purpose. ``open_requests`` is per employer: asked, unanswered, not yet over."""

    purpose: Purpose
    version: int
    categories: Categories
    methods: frozenset[Method]
    access_days: int
    max_uses: int
    retention_days: int
    open_requests: int


_REACH = {
    Category.NAME: Form.RAW,
    Category.PHONE: Form.RAW,
    Category.EMAIL: Form.RAW,
    Category.WECHAT: Form.RAW,
    Category.EMPLOYER_NAMES: Form.MASKED,
    Category.RESUME_DOCUMENT: Form.RAW,
}
_MEET = {**_REACH, Category.EMPLOYER_NAMES: Form.RAW, Category.PHOTO: Form.RAW, Category.ADDRESS: Form.MASKED}
_HIRE = {**_MEET, Category.ADDRESS: Form.RAW}
_CHECK = {Category.NAME: Form.RAW, Category.EMPLOYER_NAMES: Form.RAW, Category.RESUME_DOCUMENT: Form.RAW}
_KEEP = {Category.NAME: Form.MASKED, Category.EMAIL: Form.MASKED, Category.PHONE: Form.MASKED}
_ALL_METHODS = frozenset(Method)


def _template(purpose: Purpose, categories: Categories, *figures: int) -> PurposeTemplate:
    access_days, max_uses, retention_days, open_requests = figures
    fixed = MappingProxyType(dict(categories))
    return PurposeTemplate(purpose, 1, fixed, _ALL_METHODS, access_days, max_uses, retention_days, open_requests)


TEMPLATES: Mapping[Purpose, PurposeTemplate] = MappingProxyType(
    {
        Purpose.RECRUIT_CONTACT: _template(Purpose.RECRUIT_CONTACT, _REACH, 90, 10, 180, 200),
        Purpose.INTERVIEW: _template(Purpose.INTERVIEW, _MEET, 120, 20, 180, 100),
        Purpose.OFFER: _template(Purpose.OFFER, _HIRE, 60, 10, 365, 50),
        Purpose.BACKGROUND_CHECK: _template(Purpose.BACKGROUND_CHECK, _CHECK, 30, 5, 90, 20),
        Purpose.TALENT_POOL: _template(Purpose.TALENT_POOL, _KEEP, 365, 5, 365, 50),
    }
)


def within_template(terms: Terms, template: PurposeTemplate) -> Decision:
    """Decide whether terms ask for no more than the template of their purpose allows."""
    methods = sorted(set(terms.methods) - template.methods)
    wanted, known = terms.purpose, template.purpose
    return first_denial(
        deny_if(wanted != known, Reason.LIMIT_EXCEEDED, field="purpose", limit=known, asked=wanted),
        deny_if(terms.template_version != template.version, Reason.TERMS_CHANGED, field="templateVersion"),
        deny_if(bool(methods) or not terms.methods, Reason.LIMIT_EXCEEDED, field="methods", asked=" ".join(methods)),
        categories_within(terms.categories, template.categories, Reason.LIMIT_EXCEEDED),
        figures_within(terms, template, Reason.LIMIT_EXCEEDED),
    )

"""From inputs of consent to values of consent."""

import strawberry

from consent.terms import Category, Form, Method, Narrowing
from exchange.asking import Question
from exchange.errors import invalid
from exchange.resumes import OWN_CATEGORIES
from schema.candidates import UpdateContactDetailsInput
from schema.consent_inputs import NarrowingInput, RequestAuthorizationInput
from schema.ids import node_key, node_uuid


def question(given: RequestAuthorizationInput) -> Question:
    """Unpack what a recruiter asks."""
    categories = {Category(item.category): Form(item.form) for item in given.categories}
    if len(categories) != len(given.categories):
        raise invalid("categories", "Name each category once.")
    return Question(
        card_id=node_key(given.card_id, "Card", "cardId"),
        job_id=node_uuid(given.job_id, "Job", "jobId"),
        purpose=given.purpose,
        categories=categories,
        methods=tuple(Method(method) for method in dict.fromkeys(given.methods)),
        access_days=given.access_days,
        max_uses=given.max_uses,
        retention_days=given.retention_days,
        message=given.message,
        idempotency_key=given.idempotency_key,
    )


def contact_changes(given: UpdateContactDetailsInput) -> dict[Category, str | None]:
    """Unpack the contact details that were mentioned."""
    mentioned = {category: getattr(given, category.lower()) for category in OWN_CATEGORIES}
    return {category: value for category, value in mentioned.items() if value is not strawberry.UNSET}


def narrowing(given: NarrowingInput) -> Narrowing:
    """Unpack what a candidate takes away."""
    return Narrowing(
        drop=frozenset(Category(category) for category in given.drop_categories),
        mask=frozenset(Category(category) for category in given.mask_categories),
        access_days=given.access_days,
        retention_days=given.retention_days,
        max_uses=given.max_uses,
    )

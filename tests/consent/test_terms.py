"""Terms are a frozen value with one canonical text and one digest."""

import hashlib
import json
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.terms import Category, Form, Method, Purpose, Recipient, Terms, canonical_json, sha256_hex
from tests.consent.factories import some_recipient, some_terms
from tests.consent.strategies import any_terms, patiently

CANONICAL = (
    '{"access_days":30,"categories":{"EMPLOYER_NAMES":"MASKED","NAME":"RAW","PHONE":"RAW"},'
    '"consequence_of_refusing":"NONE","job_id":"job-17","job_title":"Backend engineer","max_uses":3,'
    '"methods":["CONTACT","VIEW"],"notice_version":1,"onward_transfer":"NONE","purpose":"RECRUIT_CONTACT",'
    '"recipient":{"address":"12 Wensan Road, Hangzhou","contact":"privacy@lanhai.example","country":"CN",'
    '"credit_code":"91330106MA2KXXXX0Q","legal_name":"Hangzhou Lanhai Software Co., Ltd."},"retention_days":60,'
    '"template_version":1}'
)

CHANGES = {
    "recipient": some_recipient(legal_name="Another Co., Ltd."),
    "job_id": "job-18",
    "job_title": "Frontend engineer",
    "purpose": Purpose.INTERVIEW,
    "template_version": 2,
    "notice_version": 2,
    "categories": {Category.NAME: Form.MASKED, Category.PHONE: Form.RAW, Category.EMPLOYER_NAMES: Form.MASKED},
    "methods": (Method.VIEW,),
    "access_days": 31,
    "max_uses": 4,
    "retention_days": 61,
    "onward_transfer": "AFFILIATES",
    "consequence_of_refusing": "LOWER_RANK",
}


def test_the_canonical_text_is_fixed_to_the_letter():
    assert some_terms().canonical() == CANONICAL


def test_the_digest_is_the_sha_256_of_the_canonical_text():
    assert some_terms().digest() == hashlib.sha256(CANONICAL.encode()).hexdigest()
    assert sha256_hex("合同") == hashlib.sha256("合同".encode()).hexdigest()


def test_chinese_is_written_as_it_is_in_the_canonical_text():
    assert canonical_json({"b": "蓝海", "a": [1, None]}) == '{"a":[1,null],"b":"蓝海"}'


@patiently
@given(terms=any_terms)
def test_terms_read_back_from_their_canonical_text_are_the_same_terms(terms):
    again = Terms.parse(terms.canonical())

    assert again == terms
    assert again.canonical() == terms.canonical()
    assert again.digest() == terms.digest()


def test_terms_read_back_hold_words_of_their_kinds_and_not_bare_text():
    again = Terms.parse(CANONICAL)

    assert isinstance(again.recipient, Recipient)
    assert type(again.purpose) is Purpose
    assert {type(category) for category in again.categories} == {Category}
    assert {type(form) for form in again.categories.values()} == {Form}
    assert {type(method) for method in again.methods} == {Method}


@patiently
@given(terms=any_terms, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_neither_the_text_nor_the_digest(terms, shuffle):
    told = json.loads(terms.canonical())
    items, kinds = list(told.items()), list(terms.categories.items())
    shuffle.shuffle(items)
    shuffle.shuffle(kinds)

    reread = Terms.parse(json.dumps(dict(items)))
    rebuilt = replace(terms, categories=dict(kinds), methods=terms.methods[::-1])

    assert reread.digest() == rebuilt.digest() == terms.digest()
    assert list(rebuilt.categories) == sorted(terms.categories)


def test_every_field_of_terms_has_a_change_to_try():
    assert set(CHANGES) == {field.name for field in fields(Terms)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_any_field_changes_the_digest(name):
    before, after = some_terms(), some_terms(**{name: CHANGES[name]})

    assert before != after
    assert before.digest() != after.digest()


@pytest.mark.parametrize("name", [field.name for field in fields(Recipient)])
def test_a_change_in_any_field_of_the_recipient_changes_the_digest(name):
    after = some_terms(recipient=some_recipient(**{name: "other"}))

    assert after.digest() != some_terms().digest()


@patiently
@given(one=any_terms, other=any_terms)
def test_terms_are_equal_exactly_when_their_digests_are(one, other):
    assert (one == other) == (one.digest() == other.digest())


def test_terms_cannot_be_changed():
    kinds = {Category.NAME: Form.RAW}
    terms = some_terms(categories=kinds)
    digest = terms.digest()

    kinds[Category.PHONE] = Form.RAW
    with pytest.raises(FrozenInstanceError):
        terms.access_days = 365
    with pytest.raises(TypeError):
        terms.categories[Category.PHONE] = Form.RAW

    assert terms.digest() == digest
    assert type(terms.methods) is tuple


@pytest.mark.parametrize(
    "changes",
    [{"categories": {"ID_NUMBER": "RAW"}}, {"categories": {"NAME": "PLAIN"}}, {"methods": ("SELL",)}],
)
def test_a_category_a_form_or_a_method_that_nobody_knows_makes_no_terms(changes):
    with pytest.raises(ValueError, match="is not a valid"):
        some_terms(**changes)


def test_id_numbers_health_religion_and_marital_status_are_no_categories():
    assert [*Category] == [
        "NAME",
        "PHONE",
        "EMAIL",
        "WECHAT",
        "ADDRESS",
        "PHOTO",
        "EMPLOYER_NAMES",
        "RESUME_DOCUMENT",
    ]


def test_nothing_is_passed_on_and_refusing_has_no_consequence_unless_said():
    terms = some_terms()

    assert (terms.onward_transfer, terms.consequence_of_refusing) == ("NONE", "NONE")


WITHIN = {
    (Form.MASKED, Form.MASKED): True,
    (Form.MASKED, Form.RAW): True,
    (Form.RAW, Form.MASKED): False,
    (Form.RAW, Form.RAW): True,
}


def test_masked_discloses_no_more_than_raw_and_raw_more_than_masked():
    assert {pair: pair[0].within(pair[1]) for pair in WITHIN} == WITHIN

"""The notice names what PIPL article 23 asks for, in both languages, and its wording never changes in place."""

import hashlib
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.notices import CURRENT_VERSION, LANGUAGES, WORDINGS, notice_for
from consent.templates import TEMPLATES
from consent.terms import Category, Form, Method, Narrowing, Purpose, Recipient, narrow
from tests.consent.factories import some_recipient, some_terms
from tests.consent.strategies import askable, patiently

PURPOSES = {
    "zh": {
        "RECRUIT_CONTACT": "就该职位与您联系",
        "INTERVIEW": "安排并进行该职位的面试",
        "OFFER": "商谈并发出该职位的录用通知",
        "BACKGROUND_CHECK": "核实您所陈述的工作经历",
        "TALENT_POOL": "在人才库中保留您的信息以便今后联系",
    },
    "en": {
        "RECRUIT_CONTACT": "to contact you about this job",
        "INTERVIEW": "to arrange and hold interviews for this job",
        "OFFER": "to negotiate and make an offer for this job",
        "BACKGROUND_CHECK": "to verify the work history that you stated",
        "TALENT_POOL": "to keep you in a talent pool for later contact",
    },
}
CATEGORIES = {
    "zh": {
        "NAME": "姓名",
        "PHONE": "电话号码",
        "EMAIL": "电子邮箱",
        "WECHAT": "微信号",
        "ADDRESS": "住址",
        "PHOTO": "照片",
        "EMPLOYER_NAMES": "任职单位名称",
        "RESUME_DOCUMENT": "完整简历",
    },
    "en": {
        "NAME": "name",
        "PHONE": "phone number",
        "EMAIL": "e-mail address",
        "WECHAT": "WeChat id",
        "ADDRESS": "home address",
        "PHOTO": "photo",
        "EMPLOYER_NAMES": "names of your employers",
        "RESUME_DOCUMENT": "complete resume",
    },
}
FORMS = {"zh": {"MASKED": "部分隐藏", "RAW": "原文"}, "en": {"MASKED": "partly hidden", "RAW": "in full"}}
METHODS = {
    "zh": {"VIEW": "查看", "CONTACT": "与您联系", "STORE": "保存于其招聘系统"},
    "en": {"VIEW": "viewing", "CONTACT": "contacting you", "STORE": "storing in its hiring system"},
}
PERIODS = {
    "zh": "自同意之日起 {access} 天，最多 {uses} 次；获得后最长保存 {kept} 天",
    "en": "{access} days from your approval, at most {uses} times; kept for at most {kept} days after receipt",
}

EN = (
    "Hangzhou Lanhai Software Co., Ltd. (credit code 91330106MA2KXXXX0Q, contact: privacy@lanhai.example, "
    "address: 12 Wensan Road, Hangzhou, CN) asks, for the job “Backend engineer”, to receive: "
    "names of your employers (partly hidden), name (in full), phone number (in full).\n"
    "Purpose: to contact you about this job.\n"
    "Method: contacting you, viewing.\n"
    "Access: 30 days from your approval, at most 3 times; kept for at most 60 days after receipt and then to be "
    "deleted.\n"
    "It may pass nothing on to any third party.\n"
    "You may refuse, narrow this down or not answer at all. That affects neither any service of this platform nor "
    "the order in which your card is shown.\n"
    "You may withdraw at any time, with one tap, under “Grants”. From then on nothing more is provided and the "
    "recipient has to delete what it received. What has been read cannot be unread."
)
ZH = (
    "Hangzhou Lanhai Software Co., Ltd.（统一社会信用代码 91330106MA2KXXXX0Q，联系方式：privacy@lanhai.example，"
    "地址：12 Wensan Road, Hangzhou，CN）就职位“Backend engineer”请求获得您的以下信息："
    "任职单位名称（部分隐藏）、姓名（原文）、电话号码（原文）。\n"
    "目的：就该职位与您联系。\n"
    "方式：与您联系、查看。\n"
    "访问期限：自同意之日起 30 天，最多 3 次；获得后最长保存 60 天，期满须删除。\n"
    "对方不得向任何第三方转交。\n"
    "您可以拒绝、缩小范围或不予答复，这不会影响您使用本平台的任何服务，也不会影响您的卡片排序。\n"
    "您可以随时在“授权”中一键撤回；撤回后不再提供任何信息，对方须删除已获得的信息。已被阅读的内容无法收回。"
)

lawful_terms = st.sampled_from(Purpose).flatmap(lambda purpose: askable(TEMPLATES[purpose]))


def in_form(language, kind, form):
    before, after = ("（", "）") if language == "zh" else (" (", ")")
    return f"{CATEGORIES[language][kind]}{before}{FORMS[language][form]}{after}"


@pytest.mark.parametrize(("language", "text"), [("zh", ZH), ("en", EN)])
def test_the_first_version_of_the_notice_is_fixed_to_the_letter(language, text):
    notice = notice_for(some_terms(), language)

    assert notice.text == text
    assert (notice.version, notice.language) == (1, language)
    assert notice.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
@patiently
@given(terms=lawful_terms)
def test_a_notice_names_everything_that_a_separate_consent_has_to_name(language, terms):
    text = notice_for(terms, language).text

    periods = PERIODS[language].format(access=terms.access_days, uses=terms.max_uses, kept=terms.retention_days)
    named = [in_form(language, kind, form) for kind, form in terms.categories.items()]
    assert all(getattr(terms.recipient, field.name) in text for field in fields(Recipient))
    assert f"“{terms.job_title}”" in text
    assert PURPOSES[language][terms.purpose] in text
    assert all(METHODS[language][method] in text for method in terms.methods)
    assert periods in text
    assert all(words in text for words in named)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("absent", Category)
def test_a_notice_names_no_category_that_is_not_asked(language, absent):
    widest = some_terms(categories=dict.fromkeys(Category, Form.RAW))
    label = f"{CATEGORIES[language][absent]}（" if language == "zh" else f" {CATEGORIES[language][absent]} ("

    with_all = notice_for(widest, language).text
    without = notice_for(narrow(widest, Narrowing(drop=frozenset({absent}))), language).text

    assert label in with_all
    assert label not in without


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_purpose_category_form_and_method_has_its_words(language):
    wording = WORDINGS[CURRENT_VERSION, language]

    assert wording.purposes == PURPOSES[language]
    assert wording.categories == CATEGORIES[language]
    assert wording.forms == FORMS[language]
    assert wording.methods == METHODS[language]
    assert set(wording.purposes) == set(Purpose)
    assert set(wording.categories) == set(Category)
    assert set(wording.forms) == set(Form)
    assert set(wording.methods) == set(Method)


def test_every_version_is_worded_in_both_languages():
    versions = range(1, CURRENT_VERSION + 1)

    assert LANGUAGES == ("zh", "en")
    assert set(WORDINGS) == {(version, language) for version in versions for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_of_narrowed_terms_says_the_narrowed_form(language):
    narrowed = narrow(some_terms(), Narrowing(mask=frozenset({Category.PHONE}), access_days=7))

    before, after = notice_for(some_terms(), language), notice_for(narrowed, language)

    masked = in_form(language, "PHONE", "MASKED")
    assert masked not in before.text
    assert masked in after.text
    assert before.digest != after.digest


@pytest.mark.parametrize("language", LANGUAGES)
def test_braces_in_a_name_are_shown_and_not_filled_in(language):
    terms = some_terms(recipient=some_recipient(legal_name="{code} {} Ltd."), job_title="{0} {terms}")

    text = notice_for(terms, language).text

    assert text.startswith("{code} {} Ltd.")
    assert "“{0} {terms}”" in text


@pytest.mark.parametrize(("version", "language"), [(2, "zh"), (0, "en"), (1, "fr")])
def test_a_version_or_a_language_that_was_never_worded_has_no_notice(version, language):
    with pytest.raises(KeyError):
        notice_for(some_terms(notice_version=version), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_never_says_anonymous(language):
    text = notice_for(some_terms(), language).text

    assert "匿名" not in text
    assert "anonym" not in text.lower()


def test_a_notice_cannot_be_edited():
    notice = notice_for(some_terms(), "en")

    with pytest.raises(FrozenInstanceError):
        notice.text = "Agreed."

    assert notice.text == EN

"""Notices: the exact, versioned text that a candidate is shown before deciding, in Chinese and in English.

A notice is never edited: a change of wording is a new version, and a request keeps the version it was made under.
"""

from dataclasses import dataclass

from consent.terms import Category, Form, Method, Purpose, Terms, sha256_hex

LANGUAGES = ("zh", "en")
CURRENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """What is on the candidate's screen. ``digest`` is the SHA-256 of ``text``."""

    version: int
    language: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language in one version."""

    body: str
    purposes: dict[Purpose, str]
    categories: dict[Category, str]
    forms: dict[Form, str]
    methods: dict[Method, str]
    comma: str
    in_form: str


_ZH = Wording(
    body=(
        "{recipient}（统一社会信用代码 {code}，联系方式：{contact}，地址：{address}，{country}）"
        "就职位“{job}”请求获得您的以下信息：{categories}。\n"
        "目的：{purpose}。\n"
        "方式：{methods}。\n"
        "访问期限：自同意之日起 {access_days} 天，最多 {max_uses} 次；"
        "获得后最长保存 {retention_days} 天，期满须删除。\n"
        "对方不得向任何第三方转交。\n"
        "您可以拒绝、缩小范围或不予答复，这不会影响您使用本平台的任何服务，也不会影响您的卡片排序。\n"
        "您可以随时在“授权”中一键撤回；撤回后不再提供任何信息，对方须删除已获得的信息。已被阅读的内容无法收回。"
    ),
    purposes={
        Purpose.RECRUIT_CONTACT: "就该职位与您联系",
        Purpose.INTERVIEW: "安排并进行该职位的面试",
        Purpose.OFFER: "商谈并发出该职位的录用通知",
        Purpose.BACKGROUND_CHECK: "核实您所陈述的工作经历",
        Purpose.TALENT_POOL: "在人才库中保留您的信息以便今后联系",
    },
    categories={
        Category.NAME: "姓名",
        Category.PHONE: "电话号码",
        Category.EMAIL: "电子邮箱",
        Category.WECHAT: "微信号",
        Category.ADDRESS: "住址",
        Category.PHOTO: "照片",
        Category.EMPLOYER_NAMES: "任职单位名称",
        Category.RESUME_DOCUMENT: "完整简历",
    },
    forms={Form.MASKED: "部分隐藏", Form.RAW: "原文"},
    methods={Method.VIEW: "查看", Method.CONTACT: "与您联系", Method.STORE: "保存于其招聘系统"},
    comma="、",
    in_form="{category}（{form}）",
)

_EN = Wording(
    body=(
        "{recipient} (credit code {code}, contact: {contact}, address: {address}, {country}) asks, for the job "
        "“{job}”, to receive: {categories}.\n"
        "Purpose: {purpose}.\n"
        "Method: {methods}.\n"
        "Access: {access_days} days from your approval, at most {max_uses} times; kept for at most {retention_days} "
        "days after receipt and then to be deleted.\n"
        "It may pass nothing on to any third party.\n"
        "You may refuse, narrow this down or not answer at all. That affects neither any service of this platform nor "
        "the order in which your card is shown.\n"
        "You may withdraw at any time, with one tap, under “Grants”. From then on nothing more is provided and the "
        "recipient has to delete what it received. What has been read cannot be unread."
    ),
    purposes={
        Purpose.RECRUIT_CONTACT: "to contact you about this job",
        Purpose.INTERVIEW: "to arrange and hold interviews for this job",
        Purpose.OFFER: "to negotiate and make an offer for this job",
        Purpose.BACKGROUND_CHECK: "to verify the work history that you stated",
        Purpose.TALENT_POOL: "to keep you in a talent pool for later contact",
    },
    categories={
        Category.NAME: "name",
        Category.PHONE: "phone number",
        Category.EMAIL: "e-mail address",
        Category.WECHAT: "WeChat id",
        Category.ADDRESS: "home address",
        Category.PHOTO: "photo",
        Category.EMPLOYER_NAMES: "names of your employers",
        Category.RESUME_DOCUMENT: "complete resume",
    },
    forms={Form.MASKED: "partly hidden", Form.RAW: "in full"},
    methods={Method.VIEW: "viewing", Method.CONTACT: "contacting you", Method.STORE: "storing in its hiring system"},
    comma=", ",
    in_form="{category} ({form})",
)

WORDINGS = {(1, "zh"): _ZH, (1, "en"): _EN}


def notice_for(terms: Terms, language: str) -> Notice:
    """Render the notice of the version named in the terms, in ``zh`` or ``en``."""
    wording = WORDINGS[terms.notice_version, language]
    text = wording.body.format(
        recipient=terms.recipient.legal_name,
        code=terms.recipient.credit_code,
        contact=terms.recipient.contact,
        address=terms.recipient.address,
        country=terms.recipient.country,
        job=terms.job_title,
        categories=_categories(terms, wording),
        purpose=wording.purposes[terms.purpose],
        methods=wording.comma.join(wording.methods[method] for method in terms.methods),
        access_days=terms.access_days,
        max_uses=terms.max_uses,
        retention_days=terms.retention_days,
    )
    return Notice(terms.notice_version, language, text, sha256_hex(text))


def _categories(terms: Terms, wording: Wording) -> str:
    named = (
        wording.in_form.format(category=wording.categories[category], form=wording.forms[form])
        for category, form in terms.categories.items()
    )
    return wording.comma.join(named)

"""What is asked: GraphQL documents and filters."""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

from anonymity.pay import Pay
from anonymity.search_tokens import CardFilter

TERM = "{ code name }"
SMALL = "id function { name } region { name } updatedMonth"
RICH = f"""id function {TERM} level {TERM} yearsOfExperience {{ name }} region {TERM} degree {{ name }}
expectedPay {{ min max currency period }} skills {TERM}
careerSteps {{ function {{ name }} industry {{ name }} lengthInMonths }} updatedMonth"""
CANONICAL = f"""id function {TERM} functionFamily {TERM} level {TERM} yearsOfExperience {{ code name min max }}
region {TERM} industries {TERM} degree {TERM} expectedPay {{ min max currency period }} availability {TERM}
skills {TERM} languages {{ language {TERM} fluency {TERM} }}
careerSteps {{ function {TERM} level {TERM} industry {TERM} companySize {TERM} lengthInMonths }} updatedMonth"""
SELECTIONS = {"rich": RICH, "small": SMALL, "canonical": CANONICAL}

FULL_TERMS = """recipient { legalName creditCode contact address country } jobTitle purpose
categories { category form } methods accessDays maxUses retentionDays hash"""
INBOX = f"""query Inbox($first: Int!) {{ authorizationRequests(first: $first) {{
nodes {{ id state held message askedAt expiresAt decidedAt viewerCanApprove
  job {{ id title function {TERM} region {TERM} pay {{ min max currency period }} }}
  terms {{ {FULL_TERMS} }}
  notice {{ version language text hash }}
  grant {{ id state uses maxUses notBefore expiresAt terms {{ hash }} }} }}
pageInfo {{ hasNextPage endCursor }} }} }}"""

REQUEST = """mutation Ask($input: RequestAuthorizationInput!) { requestAuthorization(input: $input) {
__typename ... on AuthorizationRequestSuccess { authorizationRequest { id state terms { hash } } }
... on UserError { code message } } }"""
APPROVE = """mutation Approve($input: ApproveAuthorizationInput!) { approveAuthorization(input: $input) {
__typename ... on GrantSuccess { grant { id state maxUses } } ... on UserError { code message } } }"""
RELEASE = """mutation Release($input: ReleaseContactInput!) { releaseContact(input: $input) {
__typename ... on ReleaseContactSuccess { contact { name { value } phone { value } } grant { uses } }
... on UserError { code message } } }"""
LISTEN = "subscription { authorizationRequestChanged { id state message } }"


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of question: a page is asked with its filters in turn."""

    name: str
    filters: tuple[CardFilter, ...]
    deep: bool = False


def _common() -> tuple[CardFilter, ...]:
    cities, skills = ("cn.sh", "cn.bj", "cn.gd.shenzhen", "cn.gd.guangzhou"), ("python", "excel", "java", "sql")
    pay = Pay(40000, "CNY", "MONTH")
    return tuple(
        CardFilter(regions=(city,), min_years=3, max_pay=pay, skills_any=(skill,))
        for city in cities
        for skill in skills
    )


COMMON = _common()
NARROW = tuple(
    replace(wide, levels=("senior",), min_degree="bachelor", skills_all=("linux",), languages=("en",))
    for wide in COMMON
    if wide.skills_any[0] in {"python", "java"}
)
TEXTS = tuple(CardFilter(text=text) for text in ("python", "engineer", "上海", "销售", "java 后端"))
CASES = (
    Case("none", (CardFilter(),)),
    Case("common facets", COMMON),
    Case("narrow facets", NARROW),
    Case("text", TEXTS),
)
QUERIES = (
    Case("newest", (CardFilter(),)),
    Case("common facets", COMMON),
    Case("narrow facets", NARROW),
    Case("text, common word", tuple(CardFilter(text=text) for text in ("english", "engineer", "中国", "中级"))),
    Case("text, rare word", tuple(CardFilter(text=text) for text in ("cobol", "贵阳", "manchester", "太原"))),
    Case("text + facets", tuple(replace(each, text="engineer") for each in COMMON)),
    Case("no hit", (CardFilter(regions=("sg",), skills_all=("cobol", "nursing", "blender")),)),
    Case("deep page", (CardFilter(), *COMMON[::5]), deep=True),
)


def page_document(selection: str) -> str:
    """Return the document of a page of cards."""
    return f"""query Page($filter: CardFilterInput) {{ cards(first: 20, filter: $filter) {{
nodes {{ {SELECTIONS[selection]} }} pageInfo {{ hasNextPage endCursor }} }} }}"""


def page_bodies(selection: str, case: Case) -> list[bytes]:
    """Return the requests of a case, through GraphQL."""
    document = page_document(selection)
    return [body(document, {"filter": graphql_filter(asked)}) for asked in case.filters]


def plain_bodies(case: Case) -> list[bytes]:
    """Return the same requests for the plain endpoint, which knows the names of the filter itself."""
    return [json.dumps(plain_filter(asked)).encode() for asked in case.filters]


def body(document: str, variables: dict[str, Any]) -> bytes:
    """Return the body of a GraphQL request."""
    return json.dumps({"query": document, "variables": variables}, ensure_ascii=False).encode()


def plain_filter(asked: CardFilter) -> dict[str, Any]:
    """Return what a filter says that is not the default."""
    said = {field.name: getattr(asked, field.name) for field in fields(asked)}
    return {name: _plain(value) for name, value in said.items() if value not in ("", (), None)}


def graphql_filter(asked: CardFilter) -> dict[str, Any]:
    """Return a filter as an input of GraphQL."""
    return {_camel(name): value for name, value in plain_filter(asked).items()}


def read_filter(given: dict[str, Any]) -> CardFilter:
    """Return the filter that ``plain_filter`` wrote."""
    pay = given.pop("max_pay", None)
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return CardFilter(**lists, max_pay=pay and Pay(**pay))


def _plain(value: object) -> object:
    if isinstance(value, Pay):
        return {"amount": value.amount, "currency": value.currency, "period": value.period}
    return value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)

import json
import re
import tarfile
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from graphql import OperationType, get_operation_ast, parse
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from app.explorer import DemoSignIn, ExampleOperation, explorer_page, load_operations, routes
from app.explorer.assets import STATIC
from app.explorer.vendor import TABLE, VendorError, extract, pinned

OURS = {"explorer.js", "explorer.css", "NOTICES.txt", "THIRD_PARTY.md"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.settings = ""
        self.in_settings = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.in_settings = dict(attrs).get("id") == "settings"

    def handle_data(self, data):
        if self.in_settings:
            self.settings += data

    def handle_endtag(self, tag):  # noqa: ARG002  # the parser's signature
        self.in_settings = False

    def references(self):
        return [attrs[name] for _, attrs in self.elements for name in ("src", "href") if name in attrs]


def rendered(operations=(), sign_ins=(), **where):
    response = explorer_page(operations, sign_ins, **where)
    return response, Page(response.body.decode())


def policy_of(response):
    directives = (part.split() for part in response.headers["content-security-policy"].split(";"))
    return {name: set(sources) for name, *sources in directives}


def service():
    return AsyncClient(transport=ASGITransport(app=Starlette(routes=routes())), base_url="http://explorer.test")


def third_party():
    return list(pinned(TABLE.read_text(encoding="utf-8")))


def test_the_policy_lets_in_only_scripts_of_the_service_itself():
    response, _ = rendered()

    policy = policy_of(response)

    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"'self'"}
    assert policy["connect-src"] == {"'self'", "ws:", "wss:"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"


def test_sockets_are_narrowed_to_the_host_that_served_the_page():
    response, _ = rendered(host="[::1]:8000")

    assert policy_of(response)["connect-src"] == {"'self'", "ws://[::1]:8000", "wss://[::1]:8000"}


@pytest.mark.parametrize("host", ["a; script-src *", "a b", "", "a/b", "a\r\nb", "a:port"])
def test_a_host_header_cannot_write_into_the_policy(host):
    response, _ = rendered(host=host)

    assert policy_of(response)["connect-src"] == {"'self'", "ws:", "wss:"}
    assert policy_of(response)["script-src"] == {"'self'"}


def test_the_style_nonce_is_new_for_every_page_and_is_the_one_the_script_reads():
    (first, page), (second, _) = rendered(), rendered()

    nonces = {attrs["nonce"] for tag, attrs in page.elements if tag == "script" and "nonce" in attrs}

    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in policy_of(first)["style-src"]
    assert policy_of(first)["style-src"] != policy_of(second)["style-src"]


def test_the_page_refers_to_nothing_outside_the_service():
    _, page = rendered(load_operations())

    assert len(page.references()) == 8
    assert all(re.match(r"/graphql/assets/[\w.-]+\?v=[0-9a-f]{16}$|data:,$", url) for url in page.references())


def test_the_page_has_no_inline_script_style_or_handler():
    _, page = rendered(load_operations())

    scripts = [attrs for tag, attrs in page.elements if tag == "script"]

    assert all("src" in attrs or attrs.get("type") == "application/json" for attrs in scripts)
    assert "style" not in {tag for tag, _ in page.elements}
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]


def test_our_own_script_and_the_styles_load_nothing_from_elsewhere():
    script = (STATIC / "explorer.js").read_text(encoding="utf-8")
    styles = [file.read_text(encoding="utf-8") for file in STATIC.glob("*.css")]

    assert "//" not in re.sub(r"^\s*//.*$", "", script, flags=re.MULTILINE)
    assert not [style for style in styles if "@import" in style]
    assert {url[:5] for style in styles for url in re.findall(r"url\(['\"]?([^)]*)", style)} == {"data:"}


def test_settings_survive_the_html_around_them():
    operation = ExampleOperation("</script><script>alert(1)</script>", "{ a }", '{"b": "$c"}', "<!-- 你好 & -->")
    person = DemoSignIn("recruiter", "r@example.com", "a</script>b")

    _, page = rendered([operation], [person], endpoint="/api")

    assert json.loads(page.settings) == {
        "endpoint": "/api",
        "operations": [
            {"title": operation.title, "query": "{ a }", "variables": '{"b": "$c"}', "note": operation.note}
        ],
        "signIns": [{"label": "recruiter", "email": "r@example.com", "password": "a</script>b"}],
    }


async def test_every_asset_of_the_page_is_served_for_good_with_its_type():
    types = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
    _, page = rendered()
    urls = [url for url in page.references() if url.startswith("/")]

    async with service() as client:
        answers = [await client.get(url) for url in urls]

    assert [answer.status_code for answer in answers] == [200] * 7
    for url, answer in zip(urls, answers, strict=True):
        name, version = re.fullmatch(r".*/([^/]+)\?v=(.*)", url).groups()
        assert answer.headers["content-type"] == types[name.rsplit(".", 1)[1]]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert sha256(answer.content).hexdigest().startswith(version)


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
async def test_an_asset_asked_for_by_another_version_is_not_kept(query):
    async with service() as client:
        answer = await client.get(f"/graphql/assets/explorer.js{query}")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["THIRD_PARTY.md", "LICENSE.react.txt", "..%2fpage.py", "%2e%2e/page.py", "nothing.js"]
)
async def test_nothing_but_the_assets_is_served(name):
    async with service() as client:
        answer = await client.get(f"/graphql/assets/{name}")

    assert answer.status_code == 404


def test_third_party_files_are_what_the_table_says():
    actual = {file.name: sha256(file.read_bytes()).hexdigest() for file in STATIC.iterdir() if file.name not in OURS}

    assert actual == {one.file: one.sha256 for one in third_party()}


def test_every_third_party_row_names_a_version_and_a_licence_whose_text_is_here():
    rows = third_party()
    licensed = {one.package for one in rows if one.file.startswith("LICENSE.")}

    assert {one.package for one in rows} == licensed
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one.version) for one in rows)
    assert {one.licence for one in rows} == {"MIT", "OFL-1.1", "Apache-2.0"}


def test_a_package_whose_file_differs_from_the_table_is_refused(tmp_path):
    archive = tmp_path / "react.tgz"
    forged = tmp_path / "forged.js"
    forged.write_text("alert(1)")
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(forged, arcname="package/umd/react.production.min.js")

    with pytest.raises(VendorError, match=r"^react\.production\.min\.js: react@18\.3\.1 has sha256 "):
        extract(archive, third_party()[0])


def test_the_explorer_stays_small():
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < 2_500_000


def test_the_story_is_told_in_order_and_every_step_says_who_runs_it():
    story = load_operations()

    operations = [get_operation_ast(parse(step.query)) for step in story]

    assert [operation.name.value for operation in operations] == [
        "SignIn",
        "SearchCards",
        "Request",
        "Inbox",
        "Approve",
        "Release",
        "Ledger",
        "Revoke",
        "Watch",
    ]
    assert operations[-1].operation is OperationType.SUBSCRIPTION
    assert all(re.match(r"Anyone\.|As (the|either) (recruiter|candidate|party)\.", step.note) for step in story)


def test_a_placeholder_takes_what_an_earlier_step_answers():
    answered = set()

    for step in load_operations():
        asked = set(re.findall(r"\{\{(\w+)[\w.]*\}\}", step.variables))
        assert asked <= answered
        selections = get_operation_ast(parse(step.query)).selection_set.selections
        answered |= {field.name.value for field in selections}


def test_every_declared_variable_is_filled_in():
    for step in load_operations():
        declared = get_operation_ast(parse(step.query)).variable_definitions or ()

        assert {one.variable.name.value for one in declared} == set(json.loads(step.variables or "{}"))


def test_a_file_without_a_title_is_an_error(tmp_path):
    (tmp_path / "01_untitled.graphql").write_text("{ a }")

    with pytest.raises(ValueError, match=r"01_untitled\.graphql: the first line must be '# title'"):
        load_operations(tmp_path)

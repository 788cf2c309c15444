"""Takes every guard out of ``consent`` and ``exchange``, one at a time; a test must fail each time.

Guards are what refuses: every part of a ``first_denial``, every other ``deny_if`` and every conditional denial, every
``if`` that raises or returns early, every ``require``, every key of the ``where`` of a compare-and-set, every condition
that narrows a query to its owner, and the like conditions inside SQL.

Each mutant runs the fast tests of its file, on SQLite, in a process forked from one that has imported the libraries.
"""

import ast
import asyncio
import contextlib
import importlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SLOTS = int(os.environ.get("MUTANT_SLOTS", min(4, os.cpu_count() or 2)))
SECONDS_EACH = 180
COPIED = ("consent", "anonymity", "vault", "models", "exchange", "tests/consent", "tests/exchange")
COPIED_FILES = ("pyproject.toml", "tests/conftest.py", "tests/engines.py", "tests/factories.py")
LIBRARIES = """
aiosqlite anyio argon2 asyncpg cryptography.hazmat.primitives.ciphers.aead hypothesis hypothesis.stateful joserfc.jws
jsonschema_rs jwt orjson phonenumbers pytest rjieba structlog tortoise tortoise.backends.asyncpg.client
tortoise.backends.sqlite.client tortoise.migrations uuid_utils.compat
"""

TESTS = {
    "consent/decision.py": "consent/test_decisions consent/test_policy",
    "consent/grants.py": "consent/test_grant_lifecycle consent/test_policy",
    "consent/notices.py": "consent/test_notices",
    "consent/parties.py": "consent/test_policy consent/test_decisions",
    "consent/policy.py": "consent/test_policy exchange/test_asking",
    "consent/requests.py": "consent/test_request_lifecycle consent/test_employer_view",
    "consent/templates.py": "consent/test_templates consent/test_policy",
    "consent/terms.py": "consent/test_narrowing consent/test_terms",
    "exchange/accounts.py": "exchange/test_accounts",
    "exchange/actors.py": "exchange/test_actors exchange/test_recalling",
    "exchange/asking.py": (
        "exchange/test_asking exchange/test_asking_again exchange/test_recalling exchange/test_meanwhile "
        "exchange/test_asking_limits"
    ),
    "exchange/card_index.py": "exchange/test_cards exchange/test_search",
    "exchange/cards.py": "exchange/test_cards exchange/test_meanwhile",
    "exchange/deciding.py": (
        "exchange/test_meanwhile exchange/test_revoking exchange/test_recalling exchange/test_deciding"
    ),
    "exchange/disclosure.py": "exchange/test_releasing",
    "exchange/endings.py": (
        "exchange/test_closing exchange/test_meanwhile exchange/test_revoking exchange/test_deciding "
        "exchange/test_asking"
    ),
    "exchange/errors.py": "exchange/test_deciding",
    "exchange/jobs.py": "exchange/test_jobs exchange/test_closing",
    "exchange/ledger.py": "exchange/test_ledger",
    "exchange/outbox.py": "exchange/test_ledger",
    "exchange/reading.py": "exchange/test_reading",
    "exchange/releasing.py": "exchange/test_meanwhile exchange/test_releasing",
    "exchange/resumes.py": "exchange/test_resumes",
    "exchange/sealing.py": "exchange/test_resumes exchange/test_meanwhile",
    "exchange/search.py": "exchange/test_cards exchange/test_search",
    "exchange/texts.py": "exchange/test_asking_limits exchange/test_asking",
    "exchange/words.py": "exchange/test_jobs",
}

# Guards that another guard makes redundant, each with what does. Keyed by file and by the text taken out.
ALLOWED: dict[tuple[str, str], str] = {
    (
        "exchange/jobs.py",
        '"state": JobState.OPEN',
    ): "a closed job that is closed once more is the same row, and has no pending request left",
    (
        "exchange/asking.py",
        "require(may_move(request, RequestVerb.RECALL, Party.EMPLOYER, call.now), request)",
    ): "the guarded updates after it refuse the same, with the same figures",
    ("exchange/endings.py", "expires_at__gt=now"): "the guarded update of each row found asks the same again",
    ("exchange/endings.py", "expires_at__lte=now"): "the guarded update of each row found asks the same again",
    ("exchange/endings.py", "state=RequestState.PENDING"): "the guarded update of each row found asks the same again",
    ("exchange/endings.py", "state__in=LIVE"): "the guarded update of each row found asks the same again",
    ("exchange/reading.py", "not ids"): "SQLite takes an empty list as it is; on PostgreSQL the same test fails",
    ("exchange/reading.py", "not employers"): "SQLite takes an empty list as it is; on PostgreSQL the same test fails",
    (
        "exchange/search.py",
        "call.viewer.kind not in {None, AccountKind.MEMBER}",
    ): "who is no member has no row, and the reason given for that is the same refusal",
    ("exchange/asking.py", "question.idempotency_key is None"): "no stored key is null, so none would be found",
}

QUERIES = {"filter", "get_or_none", "exists", "exclude"}
LOOKUPS = {"id", "id__in", "token_hash", "email_hash", "pk__lt", "field"}
SQL_CONDITION = re.compile(
    r"(?:\w\.)?(?:ended_at|left_at|erased_at|until) IS NULL|(?:\w\.)?(?:visibility|state|standing) = '[A-Z_]+'"
    r"|(?:\w\.)?(?:account_id|employer_id|member_id|grant_id) = \?"
)


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    kind: str
    taken: str
    source: str


class Editor:
    """Cuts pieces out of one file by the places that its syntax tree names."""

    def __init__(self, path: str) -> None:
        self.path, self.text = path, (ROOT / path).read_text()
        self.tree = ast.parse(self.text)
        self.starts = [0]
        for row in self.text.encode().splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(row))

    def cut(self, kind: str, node: ast.AST, put: str, begin: ast.AST | None = None) -> Mutant:
        raw, first = self.text.encode(), begin or node
        start = self.starts[first.lineno - 1] + first.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        taken = " ".join(raw[start:end].decode().split())
        source = (raw[:start] + put.replace("\0", raw[start:end].decode()).encode() + raw[end:]).decode()
        return Mutant(self.path, first.lineno, kind, taken, source)


def mutants_of(path: str) -> Iterator[Mutant]:
    editor = Editor(path)
    seen = set()
    for mutant in _all(editor):
        if mutant.source not in seen:
            seen.add(mutant.source)
            yield mutant
    yield from _of_sql(editor)


def _all(editor: Editor) -> Iterator[Mutant]:
    # What is only for PostgreSQL cannot be judged on SQLite; the tests of search run on both.
    editor.tree.body = [node for node in editor.tree.body if not getattr(node, "name", "").startswith("Postgres")]
    nodes = list(ast.walk(editor.tree))
    parts = {id(arg) for node in nodes if _calls(node, "first_denial") for arg in node.args}
    for node in nodes:
        if _calls(node, "first_denial"):
            yield from (editor.cut("first_denial", arg, "*()") for arg in node.args)
        elif _calls(node, "deny_if") and id(node) not in parts:
            yield editor.cut("deny_if", node, "__import__('consent.decision').decision.ALLOWED")
        elif isinstance(node, ast.IfExp) and _denies(node):
            kept = node.orelse if _mentions_denied(node.body) else node.body
            yield editor.cut("denial", node, ast.unparse(kept))
        elif isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise | ast.Return):
            yield editor.cut("if", node.test, "(\0) and False")
        elif isinstance(node, ast.Expr) and _calls(node.value, "require"):
            yield editor.cut("require", node, "None; \0".replace("\0", _silenced(editor, node)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in QUERIES:
            scoping = (item for item in node.keywords if item.arg not in LOOKUPS)
            yield from (editor.cut("scope", item, "**{}") for item in scoping)
    if editor.path.startswith("exchange/"):
        for function in (node for node in nodes if isinstance(node, ast.AsyncFunctionDef)):
            yield from _of_guards(editor, function)


def _of_guards(editor: Editor, function: ast.AsyncFunctionDef) -> Iterator[Mutant]:
    """Take each key out of each ``where`` of a compare-and-set, written there or named there."""
    nodes = list(ast.walk(function))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _attribute(node) == "compare_and_set"]
    wheres = [call.args[1] for call in calls]
    named = {node.id for where in wheres for node in ast.walk(where) if isinstance(node, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in named:
            wheres.append(node.value)
    for where in wheres:
        if isinstance(where, ast.Dict):
            pairs = [(key, value) for key, value in zip(where.keys, where.values, strict=True) if key is not None]
            yield from (editor.cut("guard", value, "**{}", key) for key, value in pairs)


def _of_sql(editor: Editor) -> Iterator[Mutant]:
    for found in SQL_CONDITION.finditer(editor.text) if editor.path.startswith("exchange/") else ():
        put = "? IS NOT NULL" if found[0].endswith("?") else "1 = 1"
        source = editor.text[: found.start()] + put + editor.text[found.end() :]
        yield Mutant(editor.path, editor.text[: found.start()].count("\n") + 1, "sql", found[0], source)


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _attribute(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _mentions_denied(node: ast.AST) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "Denied" for item in ast.walk(node))


def _denies(node: ast.IfExp) -> bool:
    return _mentions_denied(node.body) != _mentions_denied(node.orelse)


def _silenced(editor: Editor, node: ast.Expr) -> str:
    """Return the statement with its arguments still evaluated, since they may hold guards of their own."""
    return ast.get_source_segment(editor.text, node).replace("require", "(lambda *_: None)", 1)


def copy_repository(folder: Path) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in COPIED_FILES:
        shutil.copy(ROOT / name, folder / name)


def run_tests(folder: Path, tests: str, template: Path, *, caching: bool = False) -> int:
    """Run tests in a forked child and return its process id. Its exit code is 0 if no test failed."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        os.chdir(folder)
        output = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.dont_write_bytecode = not caching
        sys.path[:] = [str(folder), *(path for path in sys.path if Path(path or ".").resolve() not in _OWN)]
        code = _pytest(tests, template, folder)
    except BaseException:  # noqa: BLE001 - the child ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


_OWN = {ROOT, ROOT / "tests"}


def _pytest(tests: str, template: Path, folder: Path) -> int:
    files = [f"tests/{name}.py" for name in tests.split()]
    try:
        engines = importlib.import_module("tests.engines")
    except Exception:  # noqa: BLE001 - a mutant that cannot even be imported is noticed
        traceback.print_exc()
        return 1
    # One migrated file serves all mutants: migrations are not what is tried here.
    engines.template_file = lambda: template
    engines.drop_template = lambda: None
    options = [
        "-x",
        "-q",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-p",
        "no:cacheprovider",
        "--tb=line",
        f"--basetemp={folder / 'scratch'}",
    ]
    return int(pytest.main([*options, *files]))


@dataclass
class Running:
    mutant: Mutant
    slot: int
    until: float


def survivors(mutants: list[Mutant], folders: list[Path], template: Path) -> list[Mutant]:
    waiting, running, left = list(reversed(mutants)), dict[int, Running](), list[Mutant]()
    free = list(range(len(folders)))
    while waiting or running:
        while waiting and free:
            mutant, slot = waiting.pop(), free.pop()
            _put(folders[slot] / mutant.path, mutant.source)
            child = run_tests(folders[slot], TESTS[mutant.path], template)
            running[child] = Running(mutant, slot, time.monotonic() + SECONDS_EACH)
        for child, code in _finished(running):
            done = running.pop(child)
            shutil.copy(ROOT_COPY[0] / done.mutant.path, folders[done.slot] / done.mutant.path)
            free.append(done.slot)
            if code == 0:
                left.append(done.mutant)
            elif code not in {1, 2, -9}:  # failed tests, tests that cannot be imported, or too slow: noticed
                raise RuntimeError((folders[done.slot] / "output.txt").read_text()[-3000:])
            if os.environ.get("MUTANTS_TRACE"):
                print(
                    code, f"{done.mutant.path}:{done.mutant.line}", done.mutant.kind, done.mutant.taken[:80], flush=True
                )
        time.sleep(0.02)
    return left


ROOT_COPY: list[Path] = []


def _put(file: Path, source: str) -> None:
    """Write a file, and forget what was compiled from the one before: their times may be too close to tell."""
    file.write_text(source)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        compiled.unlink()


def _finished(running: dict[int, Running]) -> Iterator[tuple[int, int]]:
    for child, state in list(running.items()):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            yield child, os.waitstatus_to_exitcode(status)
        elif time.monotonic() > state.until:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            yield child, -9


def baseline(folders: list[Path], template: Path, paths: list[str]) -> bool:
    """Tell whether every test that will judge mutants passes without any."""
    names = sorted({name for path in paths for name in TESTS[path].split()})
    halves = [" ".join(names[number :: len(folders)]) for number in range(len(folders))]
    children = [
        run_tests(folder, half, template, caching=True) for folder, half in zip(folders, halves, strict=True) if half
    ]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    for folder, code in zip(folders, codes, strict=False):
        if code:
            print((folder / "output.txt").read_text()[-3000:])
    for cache in [cache for folder in folders for cache in folder.rglob("__pycache__")]:
        for folder in folders:
            place = folder / cache.relative_to(next(home for home in folders if home in cache.parents))
            shutil.copytree(cache, place, dirs_exist_ok=True) if place != cache else None
    return not any(codes)


def make_template(folder: Path) -> Path:
    child = os.fork()
    if not child:
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        file = folder / "template.db"
        asyncio.run(importlib.import_module("models.migrate").migrate(f"sqlite://{file}"))
        os._exit(0)
    os.waitpid(child, 0)
    return folder / "template.db"


def report(found: list[Mutant], left: list[Mutant]) -> int:
    allowed = [mutant for mutant in left if (mutant.path, mutant.taken) in ALLOWED]
    alive = [mutant for mutant in left if mutant not in allowed]
    for mutant in alive:
        print(f"survived  {mutant.path}:{mutant.line}  {mutant.kind}  {mutant.taken}")
    for mutant in allowed:
        print(f"redundant {mutant.path}:{mutant.line}  {mutant.taken}: {ALLOWED[mutant.path, mutant.taken]}")
    redundant = f" ({len(allowed)} redundant, with reasons)" if allowed else ""
    print(f"{len(found)} guards taken out, {len(found) - len(left)} noticed, {len(alive)} survived{redundant}")
    return 1 if alive else 0


def main(chosen: list[str]) -> int:
    os.environ["TEST_ENGINE"] = "sqlite"
    for library in LIBRARIES.split():
        importlib.import_module(library)
    files = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("[ce]*/*.py"))
    paths = [path for path in files if path in TESTS and (not chosen or path in chosen)]
    unjudged = [path for path in files if path.split("/")[0] in {"consent", "exchange"} and path not in TESTS]
    found = [mutant for path in paths for mutant in mutants_of(path)]
    scratch = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        folders = [scratch / f"slot{number}" for number in range(SLOTS)]
        ROOT_COPY[:] = [scratch / "original"]
        for folder in (*ROOT_COPY, *folders):
            copy_repository(folder)
        template = make_template(ROOT_COPY[0])
        if not baseline(folders, template, paths):
            print("the tests fail without any mutant")
            return 2
        left = survivors(found, folders, template)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    unguarded = [path for path in unjudged if any(True for _ in mutants_of(path))]
    if unguarded:
        print(f"no tests are named for {', '.join(unguarded)}")
        return 1
    return report(found, left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The house of the README, checked: who may import whom, how long things are, what stands where."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("consent", "anonymity", "vault", "models", "exchange", "delivery", "schema", "resolvers", "app")
MAY_IMPORT = {
    "consent": set(),
    "anonymity": {"consent"},
    "vault": set(),
    "models": {"consent"},
    "exchange": {"consent", "anonymity", "vault", "models"},
    "delivery": {"consent", "vault", "models", "exchange"},
    "schema": {"consent"},
    "resolvers": {"schema", "exchange", "consent"},
    "app": set(OURS) - {"app"},
}


def sources(package: str) -> Iterator[Path]:
    return (file for file in sorted((ROOT / package).rglob("*.py")) if "node_modules" not in file.parts)


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class RuntimeImports(ast.NodeVisitor):
    """Collects imported modules, leaving out what only the type checker reads."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for child in node.orelse:
                self.visit(child)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, f"relative import of {node.module}"
        self.found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}


def imports_of(file: Path) -> set[str]:
    visitor = RuntimeImports()
    visitor.visit(ast.parse(file.read_text(encoding="utf-8")))
    return visitor.found


@pytest.mark.parametrize("package", OURS)
def test_a_layer_imports_only_the_layers_below_it(package):
    allowed = MAY_IMPORT[package] | {package}

    wrong = {
        f"{module_name(file)} imports {name}"
        for file in sources(package)
        for name in imports_of(file)
        if name.split(".")[0] in OURS and name.split(".")[0] not in allowed
    }

    assert wrong == set()


def test_consent_uses_only_the_standard_library():
    used = {name.split(".")[0] for file in sources("consent") for name in imports_of(file)}

    assert used - {"consent"} <= set(sys.stdlib_module_names)


def test_no_modules_import_each_other_in_a_circle():
    modules = {module_name(file): file for package in OURS for file in sources(package)}
    graph = {
        name: {target for target in imports_of(file) if target in modules} - {name} for name, file in modules.items()
    }

    def circle_from(name: str, path: tuple[str, ...], done: set[str]) -> tuple[str, ...] | None:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return None
        found = (circle_from(target, (*path, name), done) for target in sorted(graph[name]))
        result = next((circle for circle in found if circle), None)
        done.add(name)
        return result

    done: set[str] = set()
    assert [circle for name in graph if (circle := circle_from(name, (), done))] == []


def functions() -> Iterator[tuple[str, int]]:
    for package in OURS:
        for file in sources(package):
            if "migrations" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{module_name(file)}.{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_small():
    lengths = sorted(length for _, length in functions())

    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30
    assert [name for name, length in functions() if length > 50] == []


def test_files_are_short():
    limits = {**dict.fromkeys(OURS, 300), "tests": 500, "bench": 500}
    long = {
        str(file.relative_to(ROOT)): lines
        for package, limit in limits.items()
        for file in sources(package)
        if "migrations" not in file.parts and (lines := len(file.read_text(encoding="utf-8").splitlines())) > limit
    }

    assert long == {}


def test_transactions_are_opened_in_one_place():
    openers = {
        module_name(file)
        for package in OURS
        for file in sources(package)
        if {"tortoise.transactions.in_transaction", "tortoise.transactions.atomic"} & imports_of(file)
    }

    assert openers == {"models.unit_of_work"}


def test_contact_details_are_made_by_the_release_verb_alone():
    makers = {
        module_name(file)
        for package in OURS
        for file in sources(package)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"disclose", "disclosure.disclose"}
    }

    assert makers == {"exchange.releasing"}


def test_secrets_are_opened_only_for_a_release_and_for_their_owner():
    readers = {
        module_name(file)
        for package in OURS
        for file in sources(package)
        if any(name.startswith("exchange.sealing.read_secrets") for name in imports_of(file))
    }

    assert readers == {"exchange.cards", "exchange.releasing", "exchange.resumes"}


def test_no_installed_distribution_owns_one_of_our_names():
    owned = {
        f"{distribution.name}: {file.parts[0]}"
        for distribution in distributions()
        for file in distribution.files or ()
        if file.parts[0] in OURS and file.suffix == ".py"
    }

    assert owned == set()


def test_no_file_names_a_host_of_packages_or_a_path_of_a_machine():
    words = [b"files." + b"pythonhosted", b"pypi" + b".org", b"registry.npm" + b"js", b"/wo" + b"rk/", b"/ro" + b"ot/"]
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607 - git as found
    files = [ROOT / name for name in listed.stdout.decode().splitlines()]

    hits = {str(f.relative_to(ROOT)) for f in files if f.is_file() and any(word in f.read_bytes() for word in words)}

    assert hits == set()

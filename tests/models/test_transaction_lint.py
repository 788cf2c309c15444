"""Only ``models/unit_of_work.py`` opens transactions: a stock one is wedged by the first client that leaves."""

import ast
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
PACKAGES = ("consent", "anonymity", "vault", "models", "exchange", "delivery", "schema", "resolvers", "app")
FORBIDDEN = {"in_transaction", "atomic"}
ALLOWED = {"models/unit_of_work.py"}


def test_no_module_but_the_unit_of_work_names_a_stock_transaction():
    files = [file for package in PACKAGES for file in (HOUSE / package).rglob("*.py")]

    offenders = {str(file.relative_to(HOUSE)) for file in files if _names(file) & FORBIDDEN}

    assert offenders == ALLOWED


def test_the_lint_sees_a_name_however_it_is_reached(tmp_path):
    texts = ["from tortoise.transactions import atomic as a", "import t\nt.in_transaction()", "@atomic()\ndef f(): ..."]
    files = [tmp_path / f"{number}.py" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)

    assert all(_names(file) & FORBIDDEN for file in files)


def _names(file):
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Name():
                names.add(node.id)
            case ast.Attribute():
                names.add(node.attr)
            case ast.alias():
                names.add(node.name.rpartition(".")[2])
    return names

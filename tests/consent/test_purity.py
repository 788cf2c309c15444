"""The rules read no clock and touch nothing outside: this is read from their source."""

import ast
import importlib
from dataclasses import is_dataclass
from pathlib import Path

import pytest

import consent

ROOT = Path(consent.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
STANDARD = {"collections.abc", "dataclasses", "datetime", "enum", "hashlib", "json", "types", "typing"}
CALLS = {"open", "print", "input", "eval", "exec", "compile", "breakpoint", "__import__"}
ATTRIBUTES = {
    "now",
    "utcnow",
    "today",
    "time",
    "time_ns",
    "monotonic",
    "perf_counter",
    "sleep",
    "system",
    "load",
    "dump",
}


def outside(source):
    """List what a module imports or names beyond values: foreign modules, clocks, files, the process."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [alias.name for alias in names if not ours(alias.name)]
            case ast.ImportFrom(module=module, level=level):
                found += [module or "."] if level or not ours(module) else []
            case ast.Name(id=name) if name in CALLS:
                found.append(name)
            case ast.Attribute(attr=name) if name in ATTRIBUTES:
                found.append(name)
    return found


def ours(module):
    return module in STANDARD or module.partition(".")[0] == "consent"


def test_there_are_rules_to_read():
    assert {path.stem for path in SOURCES} >= {
        "decision",
        "grants",
        "notices",
        "policy",
        "requests",
        "templates",
        "terms",
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_rule_imports_values_only_and_calls_no_clock_and_no_file(path):
    assert outside(path.read_text(encoding="utf-8")) == []


def values():
    modules = [importlib.import_module(f"consent.{path.stem}") for path in SOURCES if path.stem != "__init__"]
    return {kind.__name__: kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}


@pytest.mark.parametrize("name", sorted(name for name, kind in values().items() if is_dataclass(kind)))
def test_every_value_is_frozen_and_takes_no_further_attributes(name):
    kind = values()[name]

    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", ["time"]),
        ("import os.path, json", ["os.path"]),
        ("from random import choice", ["random"]),
        ("from tortoise import fields", ["tortoise"]),
        ("from models.grants import Grant", ["models.grants"]),
        ("from . import terms", ["."]),
        ("from .terms import Terms", ["terms"]),
        ("def f():\n    import socket", ["socket"]),
        ("datetime.now(tz=UTC)", ["now"]),
        ("date.today()", ["today"]),
        ("clock = datetime.utcnow", ["utcnow"]),
        ("f = open('x')", ["open"]),
        ("json.load(x)", ["load"]),
        ("import consent.terms\nfrom datetime import datetime\ndatetime(2026, 1, 1)", []),
    ],
)
def test_the_reading_finds_what_it_looks_for(source, found):
    assert outside(source) == found

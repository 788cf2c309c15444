"""JSON Resume, the format resumes come and go in: validation that never repeats what it refuses."""

import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from math import isfinite

import jsonschema_rs

from consent.terms import Category

MOST_ITEMS = 200
LONGEST_STRING = 20_000
DEEPEST_NESTING = 20
LARGEST_NUMBER = 10**18
_MOST_PROBLEMS = 50

_SCHEMA = json.loads((files("anonymity") / "data" / "jsonresume" / "schema.json").read_text(encoding="utf-8"))
_VALIDATOR = jsonschema_rs.Draft7Validator(_SCHEMA, validate_formats=True)

_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
}
_FORMATS = {
    "email": "Write an e-mail address, such as name@example.com, or leave the field out.",
    "uri": "Write a full web address that starts with https://, or leave the field out.",
}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Where, such as ``work[0].startDate``, and what to do about it; never what was written there."""

    path: str
    message: str


class InvalidResume(ValueError):
    """The document is not a resume this service takes."""

    code = "INVALID_RESUME"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.path or 'resume'}: {problem.message}" for problem in problems))
        self.problems = problems


def validate(document: object) -> None:
    """Raise ``InvalidResume`` with up to 50 problems unless the document is a JSON Resume of bearable size."""
    if not isinstance(document, dict):
        raise InvalidResume((Problem("", "Send a JSON Resume object."),))
    _refuse(_limits(document, ()))
    _refuse(_schema_problems(document))


def _refuse(found: Iterable[tuple[Path, str]]) -> None:
    problems = tuple(Problem(_spelled(path), message) for path, message in islice(found, _MOST_PROBLEMS))
    if problems:
        raise InvalidResume(problems)


def _limits(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > DEEPEST_NESTING:
        yield path, f"Nest lists and objects at most {DEEPEST_NESTING} deep."
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _string_limits(key, path)
            yield from _limits(item, (*path, key))
    elif isinstance(value, list):
        yield from _list_limits(value, path)
    elif isinstance(value, str):
        yield from _string_limits(value, path)
    elif isinstance(value, int | float):
        if not (isfinite(value) and -LARGEST_NUMBER <= value <= LARGEST_NUMBER):
            yield path, "Send numbers of at most 18 digits."
    elif value is not None:
        yield path, "Send only what JSON knows: objects, lists, strings, numbers, true, false and null."


def _list_limits(items: list[object], path: Path) -> Iterator[tuple[Path, str]]:
    if len(items) > MOST_ITEMS:
        yield path, f"Send at most {MOST_ITEMS} items."
        return
    for index, item in enumerate(items):
        yield from _limits(item, (*path, index))


def _string_limits(text: object, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(text, str):
        yield path, "Name fields with strings."
    elif len(text) > LONGEST_STRING:
        yield path, f"Write at most {LONGEST_STRING} characters."
    elif "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        yield path, "Remove the characters that are no text: NUL and lone surrogates."


def _schema_problems(document: dict[str, object]) -> Iterator[tuple[Path, str]]:
    for error in _VALIDATOR.iter_errors(document):
        # An empty web or mail address is how many exports say that there is none.
        if error.instance != "" or error.kind.name != "format":
            yield tuple(error.instance_path), _advice(error)


def _advice(error: jsonschema_rs.ValidationError) -> str:
    kind, detail = error.kind.name, error.kind.value
    if kind == "type":
        return f"Send {_TYPES[detail[0]]} here, or leave the field out."
    if kind == "format":
        return _FORMATS[detail]
    return "Write the date as YYYY, YYYY-MM or YYYY-MM-DD, or leave the field out."


def _spelled(path: Path) -> str:
    """Write a path with only those names that the schema knows: any other may itself be a contact detail."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if part in _field_names() else '?'}" for part in path)
    return "".join(parts).removeprefix(".")


@cache
def _field_names() -> frozenset[str]:
    return frozenset(_names_in(_SCHEMA))


def _names_in(schema: Mapping[str, object]) -> Iterator[str]:
    properties = schema.get("properties")
    named = properties if isinstance(properties, dict) else {}
    yield from named
    for part in (*named.values(), schema.get("items")):
        if isinstance(part, dict):
            yield from _names_in(part)


def contact_from(document: Mapping[str, object]) -> dict[str, str]:
    """Pick the contact details a resume tells, as first values: name, phone, email, address, photo, wechat."""
    basics = _object(document.get("basics"))
    location = _object(basics.get("location"))
    found = {
        "name": _string(basics.get("name")),
        "phone": _string(basics.get("phone")),
        "email": _string(basics.get("email")),
        "address": " ".join(filter(None, (_string(location.get(part)) for part in _ADDRESS_PARTS))),
        "photo": _string(basics.get("image")),
        "wechat": next(_wechat_names(basics), ""),
    }
    return {category: value for category, value in found.items() if value}


_ADDRESS_PARTS = ("address", "city", "region", "postalCode", "countryCode")


def _wechat_names(basics: Mapping[str, object]) -> Iterator[str]:
    for profile in _objects(basics.get("profiles")):
        if _is_wechat(profile):
            yield _string(profile.get("username"))


def _is_wechat(profile: Mapping[str, object]) -> bool:
    return _string(profile.get("network")).casefold() in {"wechat", "微信", "weixin"}


def limited_to(document: Mapping[str, object], granted: AbstractSet[Category]) -> Mapping[str, object]:
    """Leave out the contact details that are not among those granted in full. Free text stays as it is.

    Links and fields of nobody's schema lead to the person as well: links go with the name, such fields with anything.
    """
    if granted >= _CONTACT:
        return document
    limited = dict(document)
    if "basics" in document:
        limited["basics"] = _limited_basics(_object(document["basics"]), granted)
    if "work" in document and Category.EMPLOYER_NAMES not in granted:
        steps = _objects(document["work"])
        limited["work"] = [{key: step[key] for key in step if key not in {"name", "url"}} for step in steps]
    return limited


_CONTACT = frozenset(Category) - {Category.RESUME_DOCUMENT}
_BASICS = {
    "name": Category.NAME,
    "url": Category.NAME,
    "phone": Category.PHONE,
    "email": Category.EMAIL,
    "image": Category.PHOTO,
}
_ON_EVERY_CARD = ("city", "region", "countryCode")


def _limited_basics(basics: Mapping[str, object], granted: AbstractSet[Category]) -> dict[str, object]:
    limited = {key: basics[key] for key in basics if key in {"label", "summary"} or _BASICS.get(key) in granted}
    places = _ADDRESS_PARTS if Category.ADDRESS in granted else _ON_EVERY_CARD
    location = {key: value for key, value in _object(basics.get("location")).items() if key in places}
    profiles = [
        profile
        for profile in _objects(basics.get("profiles"))
        if (Category.WECHAT if _is_wechat(profile) else Category.NAME) in granted
    ]
    return {**limited, **({"location": location} if location else {}), **({"profiles": profiles} if profiles else {})}


def employer_names(document: Mapping[str, object]) -> list[str]:
    """Give the names of all employers, each once, in the order of the resume."""
    names = (_string(entry.get("name")) for entry in _objects(document.get("work")))
    return list(dict.fromkeys(filter(None, names)))


def _objects(value: object) -> Iterator[dict[str, object]]:
    return (item for item in (value if isinstance(value, list) else []) if isinstance(item, dict))


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

"""What errors read like, and the wrong ids that every id input refuses."""

from uuid import UUID

from app.messages import ENGLISH
from schema.ids import global_id

SOME_UUID = UUID("01900000-0000-7000-8000-000000000000")


def refusal(type_name: str, code: str, **more: object) -> dict:
    return {"__typename": type_name, "code": code, "message": ENGLISH[code], **more}


def invalid(**problems: str) -> dict:
    """An ``InvalidInput`` with these messages by path; a dot in a path is written as two underscores."""
    told = [{"path": path.replace("__", "."), "message": message} for path, message in problems.items()]
    return refusal("InvalidInput", "INVALID_INPUT", problems=told)


NOT_ALLOWED = refusal("NotAllowed", "NOT_ALLOWED")
NOT_FOUND = refusal("NotFound", "NOT_FOUND")
NOT_VERIFIED = refusal("NotAllowed", "EMPLOYER_NOT_VERIFIED")
SUSPENDED = refusal("NotAllowed", "EMPLOYER_SUSPENDED")
NOT_ASSIGNED = refusal("NotAllowed", "NOT_ASSIGNED")


def wrong_ids(type_name: str) -> list[str]:
    """Ids that are none, ids of other types, and keys that are no keys."""
    others = [name for name in ("Card", "Job", "Grant", "AuthorizationRequest") if name != type_name]
    return [
        "",
        "x",
        "名",
        "a" * 300,
        str(SOME_UUID),
        global_id("", SOME_UUID),
        global_id(f"{type_name}s", SOME_UUID),
        *([] if type_name == "Card" else [global_id(type_name, "no-uuid")]),
        *(global_id(name, SOME_UUID) for name in others),
    ]


def wrong_id_told(type_name: str, path: str) -> dict:
    return invalid(**{path: f"Give the id of a {type_name}, as it was answered to you."})


def code_of(error: dict) -> str:
    return error["extensions"]["code"]

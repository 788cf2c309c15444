"""Changes of the schema that break clients: allowed only when the changelog names them."""

from collections.abc import Iterable

from graphql import build_schema, find_breaking_changes


def breaking_changes(before: str, after: str) -> list[str]:
    """Return what in ``after`` breaks clients of ``before``, one sentence each."""
    return [change.description for change in find_breaking_changes(build_schema(before), build_schema(after))]


def unnamed(changes: Iterable[str], changelog: str) -> list[str]:
    """Return the changes that the changelog does not name word for word."""
    told = " ".join(changelog.replace("`", "").split())
    return [change for change in changes if change.rstrip(".") not in told]

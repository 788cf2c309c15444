"""The command line: ``python -m app COMMAND``."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import cyclopts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from tortoise import Tortoise

from app import VERSION
from app.asgi import create_app
from app.demo import seed as demo_seed
from app.demo.accounts import CANDIDATE_EMAILS, DEMO_PASSWORD, OPERATOR_EMAIL, RECRUITER_EMAILS
from app.demo.employers import EMPLOYERS
from app.demo.story import play
from app.server import serve as serve_app
from app.service import SCHEMA, make_service
from app.settings import Mode, Settings, UnfitSettings, read_settings
from delivery.outbox import utc_now
from exchange import ledger
from models import Candidate
from models.database import tortoise_config
from models.migrate import DatabaseInUse, missing
from models.migrate import migrate as migrate_database
from models.outages import is_outage
from models.unit_of_work import drain
from vault import keys as vault_keys

console = Console(stderr=True, highlight=False, soft_wrap=True)
app = cyclopts.App(name="python -m app", help="The resume exchange: ask and be granted.", version=VERSION)
keys_app = cyclopts.App(name="keys", help="Create and rotate keys.")
ledger_app = cyclopts.App(name="ledger", help="Check the ledgers.")
app.command(keys_app)
app.command(ledger_app)

HOUSE = ("consent", "anonymity", "vault", "models", "exchange", "delivery", "schema", "resolvers")


def run() -> None:
    """Run the command that was given; an unfit setting is told in a sentence, not a traceback."""
    os.umask(0o077)  # The database and the keys are nobody else's to read.
    try:
        _check_house()
        app()
    except (UnfitSettings, DatabaseInUse) as unfit:
        console.print(f"[bold red]This cannot start.[/] {unfit}")
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("Stopped. What was done so far is kept.")
        sys.exit(130)
    except Exception as error:
        if not is_outage(error) and not isinstance(error, asyncpg.PostgresError):
            raise
        console.print(f"[bold red]This cannot start.[/] {type(error).__name__}: {error}")
        sys.exit(2)


@app.command
def serve() -> None:
    """Start the service. In development it first migrates the database and puts demo data in."""
    settings = read_settings()
    asyncio.run(_prepare(settings))
    _tell(settings)
    serve_app(create_app(settings), settings)


@app.command
def migrate() -> None:
    """Bring the database to the present structure."""
    asyncio.run(migrate_database(read_settings().database, _say))
    console.print("The database is up to date.")


@app.command
def schema() -> None:
    """Print the GraphQL schema."""
    sys.stdout.write(SCHEMA.as_str() + "\n")


@app.command
def demo(url: str | None = None) -> None:
    """Play the story against a running service and tell it; fail if any step differs from what it should be."""
    settings = read_settings()
    sys.exit(asyncio.run(play(url or f"http://{settings.host}:{settings.port}/graphql")))


@keys_app.command
def create(file: Path) -> None:
    """Make a key file for production."""
    if file.exists():
        raise UnfitSettings(f"{file} exists: keys are never overwritten.")
    vault_keys.load_or_create(file)
    console.print(f"Keys are in {file}. Keep a copy where you keep secrets: without it every resume is noise.")


@keys_app.command
def rotate(kind: str, file: Path = Path(".data/keys.json")) -> None:
    """Put a new key in front. KIND is signing or opaque; the old one still verifies and opens."""
    changes = {"signing": vault_keys.Keys.with_rotated_signing, "opaque": vault_keys.Keys.with_rotated_opaque}
    if kind not in changes:
        raise UnfitSettings("Rotate signing or opaque keys.")
    vault_keys.update(file, changes[kind])
    console.print(f"A new {kind} key is in use from the next start on.")


@ledger_app.command
def verify() -> None:
    """Check the hash chain of every candidate."""
    sys.exit(asyncio.run(_verify_ledgers(read_settings())))


async def _verify_ledgers(settings: Settings) -> int:
    broken = 0
    async with _database(settings):
        candidates = [candidate.id for candidate in await Candidate.all().only("id")]
        with _progress() as progress:
            for candidate_id in progress.track(candidates, description="ledgers"):
                place = await ledger.verify(candidate_id)
                if place is not None:
                    broken += 1
                    console.print(f"candidate {candidate_id}: broken at entry {place}")
    console.print(f"{len(candidates)} ledgers checked, {broken} broken.")
    return min(broken, 1)


async def _prepare(settings: Settings) -> None:
    if settings.mode is Mode.PRODUCTION:
        await _require_migrated(settings)
        return
    await migrate_database(settings.database, _say)
    if settings.has_demo:
        async with _database(settings):
            await _seed(settings)


async def _require_migrated(settings: Settings) -> None:
    async with _database(settings):
        lacking = await missing()
    if lacking:
        raise UnfitSettings(f"The database lacks {', '.join(lacking)}: run `python -m app migrate` first.")


async def _seed(settings: Settings) -> None:
    with _progress() as progress:
        task = progress.add_task("fictional candidates", total=demo_seed.CANDIDATES)
        desk = make_service(settings).desk
        await demo_seed.seed(desk, utc_now(), lambda done, _all: progress.update(task, completed=done))
        progress.update(task, completed=demo_seed.CANDIDATES)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[None]:
    await Tortoise.init(config=tortoise_config(settings.database))
    try:
        yield
    finally:
        await drain()
        await Tortoise.close_connections()


def _tell(settings: Settings) -> None:
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"\n[bold]The exchange is at {address}/graphql[/]  (database: {_engine(settings)})")
    if settings.has_demo:
        _tell_demo(address)


def _tell_demo(address: str) -> None:
    suspended = [e.member("RECRUITER").email for e in EMPLOYERS if e.state == "SUSPENDED"]
    unverified = [e.member("RECRUITER").email for e in EMPLOYERS if e.state == "UNVERIFIED"]
    console.print(f"""
Everybody in the demo is fictional. Password for all: [bold]{DEMO_PASSWORD}[/]
  candidates             {CANDIDATE_EMAILS[0]} … {CANDIDATE_EMAILS[-1]}
  recruiters             {RECRUITER_EMAILS[0]}, {RECRUITER_EMAILS[1]}
  suspended, unverified  {suspended[0]}, {unverified[0]}
  operator               {OPERATOR_EMAIL}

Open {address}/graphql in a browser: the tabs tell the story. Or paste a first query:
  mutation {{ signIn(input: {{email: "{RECRUITER_EMAILS[0]}", password: "{DEMO_PASSWORD}"}}) {{
    ... on SessionSuccess {{ accessToken }} ... on UserError {{ code message }} }} }}

`{_demo_command(address)}` in another terminal plays the whole story. Ctrl+C stops the service; the data stays.""")


def _demo_command(address: str) -> str:
    """Return what to type: `make demo` looks at the usual address only."""
    return "make demo" if address == "http://127.0.0.1:8000" else f".venv/bin/python -m app demo {address}"


def _engine(settings: Settings) -> str:
    return "SQLite" if settings.is_embedded else "PostgreSQL"


def _say(line: str) -> None:
    console.print(f"  migration {line}")


def _progress() -> Progress:
    return Progress(
        TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=False
    )


def _check_house() -> None:
    """Refuse to run where another package hides one of ours: the folder names are generic."""
    here = Path(__file__).resolve().parent.parent
    for name in HOUSE:
        spec = find_spec(name)
        if spec is None or not spec.origin or here not in Path(spec.origin).resolve().parents:
            raise UnfitSettings(f"The package {name} is not the one beside app: run from the project's folder.")

"""Two processes that write one database at once: they wait for each other, and neither fails."""

import asyncio
import subprocess
import sys

from models import OutboxMessage
from models.unit_of_work import Transaction, unit_of_work
from tests.app.processes import HOUSE
from tests.factories import NOW

WRITES = 200
READ = "SELECT attempts FROM outbox_message WHERE topic = 'counter'"

WRITER = f"""
import asyncio, sys
from tortoise import Tortoise
from models.database import tortoise_config
from tests.models.test_two_writers import add_one

async def main():
    await Tortoise.init(config=tortoise_config(sys.argv[1]))
    for _ in range({WRITES}):
        await add_one()
    await Tortoise.close_connections()

asyncio.run(main())
"""


def _write(url):
    command = [sys.executable, "-c", WRITER, url]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=100, check=False)


@unit_of_work
async def add_one(transaction: Transaction) -> None:
    """Read, then write: what a deferred transaction cannot do beside another."""
    rows = await transaction.query(READ if transaction.dialect == "sqlite" else f"{READ} FOR UPDATE")
    await asyncio.sleep(0)
    await transaction.query("UPDATE outbox_message SET attempts = ? WHERE topic = 'counter'", rows[0]["attempts"] + 1)


@unit_of_work
async def begin(transaction: Transaction) -> None:
    await transaction.insert(OutboxMessage(topic="counter", payload="{}", due_at=NOW, created_at=NOW))


async def test_two_processes_write_one_database_without_an_error_and_without_a_lost_update(database):
    await begin()

    ends = await asyncio.gather(*(asyncio.to_thread(_write, database) for _ in range(2)))

    assert [(end.returncode, end.stderr) for end in ends] == [(0, ""), (0, "")]
    assert (await OutboxMessage.get()).attempts == 2 * WRITES

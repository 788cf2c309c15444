"""A world whose clock is the real one, and the settings of a production server on its database."""

import pytest

from delivery.outbox import utc_now
from tests.engines import ENGINE
from vault.keys import save

ON_POSTGRES = pytest.mark.skipif(ENGINE == "sqlite", reason="two servers share one PostgreSQL; SQLite has one server")


@pytest.fixture
def production(database, desk, tmp_path):
    """Settings with which a real server serves the database of this test."""
    keys = tmp_path / "keys.json"
    save(keys, desk.keys)
    return {
        "mode": "production",
        "database_url": database,
        "keys_file": keys,
        "allowed_origins": "https://jobs.example",
    }


@pytest.fixture
def town(world):
    """A world that lives now, as real servers do."""
    world.now = utc_now()
    return world

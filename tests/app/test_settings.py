"""A production service that is not fit to start says what to set, in a sentence, and starts nothing."""

import pytest

from app.settings import UnfitSettings, read_settings
from tests.app.processes import run_command
from vault.keys import Keys, save

DATABASE = "Set DATABASE_URL, such as postgresql://user@host/name."
KEYS = "Set KEYS_FILE to a file made by `python -m app keys create`, or KEYS."
ORIGINS = "Set ALLOWED_ORIGINS to the web front ends, such as https://jobs.example."


@pytest.fixture
def fit(tmp_path):
    """Settings that a production service starts with, as far as they can be judged without a database."""
    keys = tmp_path / "keys.json"
    save(keys, Keys.generate())
    return {
        "mode": "production",
        "data_dir": tmp_path,
        "database_url": f"sqlite://{tmp_path / 'exchange.db'}",
        "keys_file": keys,
        "allowed_origins": "https://jobs.example",
    }


def refusal(monkeypatch, settings):
    """Return what is said about settings, in this process."""
    for name in ("MODE", "DATABASE_URL", "KEYS_FILE", "KEYS", "ALLOWED_ORIGINS", "DEMO", "REDIS_URL", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name.upper(), str(value))
    with pytest.raises(UnfitSettings) as unfit:
        read_settings().load_keys()
    return str(unfit.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"database_url": ""}, DATABASE),
        ({"database_url": "mysql://host/name"}, "DATABASE_URL: must begin with sqlite:/// or postgresql://"),
        ({"keys_file": None}, KEYS),
        ({"allowed_origins": ""}, ORIGINS),
        ({"allowed_origins": "*"}, "ALLOWED_ORIGINS must name origins, not *."),
        ({"demo": "true"}, "DEMO has no place in production: leave it out."),
        ({"mode": "careless"}, "MODE: Input should be 'development', 'audit' or 'production'"),
        ({"port": "70000"}, "PORT: Input should be less than or equal to 65535"),
        ({"database_pool": "0"}, "DATABASE_POOL: Input should be greater than or equal to 1"),
        ({"keys": "not json"}, "The keys cannot be used: "),
    ],
)
def test_each_setting_that_is_missing_or_weak_is_named_with_what_to_set(changes, sentence, fit, monkeypatch):
    settings = {name: value for name, value in {**fit, **changes}.items() if value is not None}

    assert sentence in refusal(monkeypatch, settings)


def test_everything_that_is_missing_is_said_at_once(monkeypatch):
    assert refusal(monkeypatch, {"mode": "production"}) == f"{DATABASE} {KEYS} {ORIGINS}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_may_touch_is_refused(mode, fit, monkeypatch):
    fit["keys_file"].chmod(mode)

    said = refusal(monkeypatch, fit)

    assert f"has mode {mode:04o}: only its owner may read the keys; chmod 600 it" in said


def test_keys_are_never_made_in_production(fit, monkeypatch, tmp_path):
    absent = tmp_path / "absent.json"

    said = refusal(monkeypatch, {**fit, "keys_file": absent})

    assert said == f"KEYS_FILE names {absent}, which is not there: `python -m app keys create` makes it."
    assert not absent.exists()


def test_settings_do_not_print_the_keys(monkeypatch, fit):
    secret = Keys.generate().to_json()
    monkeypatch.setenv("KEYS", secret)

    assert secret not in repr(read_settings())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"allowed_origins": ""}, "Set ALLOWED_ORIGINS to the web front ends"),
        ({}, "run `python -m app migrate` first"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "ConnectionRefusedError"),
    ],
)
def test_a_real_process_ends_with_code_two_and_a_sentence_and_no_traceback(changes, sentence, fit):
    end = run_command("serve", **{**fit, **changes})

    assert end.returncode == 2
    assert sentence in " ".join(end.stderr.split())
    assert end.stderr.startswith("This cannot start.")
    assert "Traceback" not in end.stderr
    assert end.stdout == ""


def test_a_key_file_is_made_once_and_only_for_its_owner(tmp_path):
    file = tmp_path / "keys.json"

    made = run_command("keys", "create", str(file))
    text = file.read_text()
    again = run_command("keys", "create", str(file))

    assert (made.returncode, again.returncode) == (0, 2)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == text
    assert "keys are never overwritten" in " ".join(again.stderr.split())
    assert all(secret not in made.stderr + made.stdout for secret in text.split('"') if len(secret) > 30)

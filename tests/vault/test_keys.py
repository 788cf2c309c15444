import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vault.encoding import to_text
from vault.errors import UnusableKeys, VaultError, WeakKey
from vault.keyring import KeyRing
from vault.keys import Keys, load_or_create, save, update

KEYS = Keys.generate()
ROOT = Path(__file__).parents[2]
READ_AND_PRINT = (
    "import sys, pathlib, vault.keys as k; print(k.load_or_create(pathlib.Path(sys.argv[1])).signing.current)"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "keys.json"


def listed(folder):
    return sorted(entry.name for entry in folder.iterdir())


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def changed(**members):
    return json.dumps({**json.loads(KEYS.to_json()), **members})


def test_generated_keys_have_the_sizes_that_their_uses_need():
    other = Keys.generate()

    assert (KEYS.master.size, KEYS.opaque.size) == (32, 64)
    assert len(KEYS.lookup.secret) == len(KEYS.signing.seed) == 32
    assert len({other, KEYS}) == 2


def test_rings_of_the_other_size_are_refused():
    with pytest.raises(WeakKey, match=r"^master keys have 32 bytes and opaque keys 64$"):
        Keys(KEYS.opaque, KEYS.lookup, KEYS.opaque, KEYS.signing)
    with pytest.raises(WeakKey, match=r"^master keys have 32 bytes and opaque keys 64$"):
        Keys(KEYS.master, KEYS.lookup, KEYS.master, KEYS.signing)


@pytest.mark.parametrize("name", ["master", "opaque", "signing"])
def test_a_rotation_changes_one_part_and_keeps_what_was(name):
    rotated = getattr(KEYS, f"with_rotated_{name}")()

    for part in ("master", "lookup", "opaque", "signing"):
        assert (getattr(rotated, part) == getattr(KEYS, part)) == (part != name)
    assert getattr(rotated, name).current != getattr(KEYS, name).current


def test_a_rotated_ring_still_holds_the_old_key():
    rotated = KEYS.with_rotated_master().with_rotated_opaque().with_rotated_signing()

    assert rotated.master.get(KEYS.master.current) == KEYS.master.get(KEYS.master.current)
    assert rotated.opaque.get(KEYS.opaque.current) == KEYS.opaque.get(KEYS.opaque.current)
    assert KEYS.signing.current in rotated.signing.public_keys


def test_keys_survive_the_way_through_json():
    rotated = KEYS.with_rotated_master().with_rotated_opaque().with_rotated_signing()

    assert Keys.from_json(rotated.to_json()) == rotated
    assert set(json.loads(rotated.to_json())) == {"master", "lookup", "opaque", "signing"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the keys are not JSON"),
        ("[" * 100_000, "the keys are not JSON"),
        ("null", "the keys must be a JSON object with exactly the members master, lookup, opaque, signing"),
        ("{}", "the keys must be a JSON object with exactly the members master, lookup, opaque, signing"),
        (changed(more=1), "the keys must be a JSON object with exactly the members master, lookup, opaque, signing"),
        (changed(lookup=None), "a key is not base64url without padding"),
        (changed(lookup="!"), "a key is not base64url without padding"),
        (changed(master=None), "the keys must be a JSON object with exactly the members current, keys"),
        (changed(signing=[]), "the keys must be a JSON object with exactly the members seed, retired"),
    ],
)
def test_text_that_holds_no_keys_is_refused_with_a_clear_message(text, message):
    with pytest.raises(UnusableKeys, match=f"^{message}$") as refusal:
        Keys.from_json(text)
    assert isinstance(refusal.value, VaultError)
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize(
    "text",
    [
        changed(lookup=to_text(bytes(32))),
        changed(lookup=to_text(b"short")),
        changed(master=json.loads(KeyRing.generate(64).to_json())),
        changed(opaque=json.loads(KeyRing.generate(32).to_json())),
    ],
)
def test_weak_keys_in_a_text_are_refused(text):
    with pytest.raises(WeakKey):
        Keys.from_json(text)


def test_nothing_secret_is_shown():
    shown = repr(KEYS)

    secrets = [KEYS.lookup.secret, KEYS.signing.seed, *KEYS.master.keys.values(), *KEYS.opaque.keys.values()]
    assert not [key for key in secrets if repr(key) in shown or to_text(key) in shown or key.hex() in shown]
    assert shown == (
        f"Keys(master=KeyRing(current={KEYS.master.current!r}), lookup=LookupKey(), "
        f"opaque=KeyRing(current={KEYS.opaque.current!r}), "
        f"signing=SigningKeys(current={KEYS.signing.current!r}, retired=[]))"
    )


def test_the_first_start_makes_a_private_file_and_the_second_reads_it(path):
    first = load_or_create(path)

    assert load_or_create(path) == first
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert listed(path.parent) == ["keys.json"]


def test_a_loose_umask_changes_nothing(path):
    before = os.umask(0)
    try:
        save_after_load = load_or_create(path)
        save(path, save_after_load)
    finally:
        os.umask(before)

    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_open_to_others_is_refused(path, mode):
    load_or_create(path)
    path.chmod(mode)
    before = path.read_bytes()

    with pytest.raises(UnusableKeys) as refusal:
        load_or_create(path)

    assert str(refusal.value) == f"{path} has mode {mode:04o}: only its owner may read the keys; chmod 600 it"
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"master": '])
def test_a_file_without_keys_is_refused_and_left_alone(path, content):
    load_or_create(path)
    path.write_bytes(content)

    with pytest.raises(UnusableKeys):
        load_or_create(path)

    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_file_is_an_error(path):
    path.mkdir(parents=True)

    with pytest.raises(IsADirectoryError):
        load_or_create(path)


def test_a_link_to_nowhere_is_an_error_and_leaves_no_draft(path):
    path.parent.mkdir()
    path.symlink_to("nowhere")

    with pytest.raises(FileNotFoundError):
        load_or_create(path)

    assert listed(path.parent) == ["keys.json"]


def test_threads_that_start_together_get_the_same_keys(path):
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(load_or_create, [path] * 64))

    assert len({keys.signing.current for keys in found}) == 1
    assert load_or_create(path) == found[0]
    assert listed(path.parent) == ["keys.json"]


def test_processes_that_start_together_get_the_same_keys(path):
    command = [sys.executable, "-c", READ_AND_PRINT, str(path)]

    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    found = {process.communicate(timeout=60)[0].strip() for process in started}

    assert found == {load_or_create(path).signing.current}
    assert listed(path.parent) == ["keys.json"]


def test_saving_replaces_the_file_whole(path):
    first = load_or_create(path)
    inode = path.stat().st_ino

    save(path, first.with_rotated_master())

    assert load_or_create(path).master.get(first.master.current) == first.master.get(first.master.current)
    assert load_or_create(path) != first
    assert path.stat().st_ino != inode
    assert mode_of(path) == 0o600
    assert listed(path.parent) == ["keys.json"]


def test_a_failed_save_leaves_the_old_file_and_no_draft(path):
    load_or_create(path)
    taken = path.parent / "taken"
    (taken / "inside").mkdir(parents=True)

    with pytest.raises(OSError, match="irectory"):
        save(taken, KEYS)

    assert listed(path.parent) == ["keys.json", "taken"]
    assert listed(taken) == ["inside"]


def test_rotations_at_the_same_time_lose_no_key(path):
    first = load_or_create(path)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: update(path, Keys.with_rotated_master), range(24)))

    final = load_or_create(path)
    assert len(final.master.keys) == 25
    assert {keys.master.current for keys in made} | {first.master.current} == set(final.master.keys)


def test_a_change_that_fails_changes_nothing(path):
    first = load_or_create(path)

    def refuse(_):
        raise WeakKey("no")

    with pytest.raises(WeakKey):
        update(path, refuse)

    assert load_or_create(path) == first
    assert update(path, Keys.with_rotated_opaque) == load_or_create(path)

"""A candidate's secrets in the database: sealed under a data key of its own, opened only for a named reason.

Nothing here is called except by the release verb and by the candidate's own reads and changes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from exchange.call import Desk
from models import Candidate, SealedField, SealedRecord
from models.unit_of_work import Transaction
from vault.envelope import DataKey, WrappedKey, new_data_key, open_sealed, seal, unwrap

Secrets = dict[str, object]


def give_data_key(desk: Desk, candidate: Candidate) -> None:
    """Give a new candidate a data key, wrapped by the master key."""
    _, wrapped = new_data_key(desk.keys.master, str(candidate.id))
    candidate.data_key, candidate.master_key_id = wrapped.blob, wrapped.key_id


async def read_secrets(desk: Desk, candidate: Candidate, field: SealedField) -> Secrets | None:
    """Return what is sealed, or ``None`` if nothing is."""
    row = await SealedRecord.get_or_none(candidate_id=candidate.id, field=field)
    if row is None:
        return None
    key = _data_key(desk, candidate)
    text = open_sealed(key, row.ciphertext, subject=str(candidate.id), field=field, version=row.version)
    secrets: Secrets = json.loads(text)
    return secrets


async def write_secrets(
    transaction: Transaction,
    desk: Desk,
    candidate: Candidate,
    field: SealedField,
    value: Mapping[str, object],
    *,
    now: datetime,
) -> int:
    """Seal a value in the place of the one before; return its version, from 1."""
    old = await SealedRecord.get_or_none(candidate_id=candidate.id, field=field)
    version = 1 if old is None else old.version + 1
    text = json.dumps(value, ensure_ascii=False).encode()
    sealed = seal(_data_key(desk, candidate), text, subject=str(candidate.id), field=field, version=version)
    if old is None:
        row = SealedRecord(candidate_id=candidate.id, field=field, version=1, ciphertext=sealed, changed_at=now)
        await transaction.insert(row)
    else:
        changed = {"ciphertext": sealed, "version": version, "changed_at": now}
        await transaction.compare_and_set(SealedRecord, {"id": old.id}, changed)
    return version


async def locked_candidate(candidate_id: UUID) -> Candidate:
    """Return the candidate, with nobody else changing it or its secrets until the transaction at hand ends."""
    return await Candidate.select_for_update().get(id=candidate_id)


def _data_key(desk: Desk, candidate: Candidate) -> DataKey:
    wrapped = WrappedKey(candidate.master_key_id or "", candidate.data_key or b"")
    return unwrap(desk.keys.master, wrapped, str(candidate.id))

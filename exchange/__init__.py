"""The exchange does: one async function per verb, one transaction, one ledger entry, outbox rows."""

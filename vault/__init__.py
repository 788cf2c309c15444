"""Seals: keys, encryption at rest, signatures, tokens, passwords. No database, no settings, no clock."""

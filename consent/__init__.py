"""Consent decides: terms, lifecycle, policy, notices.

Standard library only: no I/O, no clock (``now`` is passed in), no ORM. Every permission is a frozen value,
:class:`~consent.decision.Allowed` or :class:`~consent.decision.Denied`, never a bare bool.
"""

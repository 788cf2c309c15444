"""Signing up, in and out. A session is one sign-in; its refresh tokens are single use, and reuse ends it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from tortoise.exceptions import IntegrityError

from exchange import ledger, outbox
from exchange.call import Call
from exchange.errors import EmailTaken, InvalidCredentials, NotSignedIn, invalid
from exchange.sealing import give_data_key
from models import Account, AccountKind, Candidate, RefreshToken, Session
from models.unit_of_work import Transaction, unit_of_work
from vault import passwords
from vault.lookup import email_hash
from vault.tokens import issue_access_token, new_refresh_token, refresh_token_hash

T = TypeVar("T")
Args = TypeVarTuple("Args")

# Each hash takes 19 MiB and a core for some time on purpose: a few at once, the others wait.
_hashing = ThreadPoolExecutor(max_workers=4, thread_name_prefix="passwords")


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """What a client keeps: a short access token and a single-use refresh token."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    kind: AccountKind


async def sign_up(call: Call, *, email: str, password: str) -> SignedIn:
    """Open a candidate's account, hidden and empty, and sign it in."""
    try:
        passwords.check_password_strength(password)
    except passwords.WeakPassword as weak:
        raise invalid("password", str(weak)) from weak
    hashed = await _in_thread(passwords.hash_password, password)
    try:
        return await open_account(call, email=email, hashed_password=hashed)
    except IntegrityError as taken:
        raise EmailTaken from taken


@unit_of_work
async def open_account(transaction: Transaction, call: Call, *, email: str, hashed_password: str) -> SignedIn:
    """Open a candidate's account for a password that is hashed already."""
    hashed_email = _hash_of(call, email)
    account = Account(
        kind=AccountKind.CANDIDATE, email_hash=hashed_email, password_hash=hashed_password, created_at=call.now
    )
    await transaction.insert(account)
    candidate = Candidate(account_id=account.id, created_at=call.now)
    give_data_key(call.desk, candidate)
    await transaction.insert(candidate)
    await ledger.open_chain(transaction, candidate.id)
    await ledger.append(transaction, ledger.Entry(candidate.id, ledger.Event.ACCOUNT_OPENED, call.now))
    return await _begin_session(transaction, call, account)


async def sign_in(call: Call, *, email: str, password: str) -> SignedIn:
    """Sign in. An unknown address takes as long as a wrong password, and reads the same."""
    account = await Account.get_or_none(email_hash=_hash_of(call, email))
    known = account.password_hash if account else passwords.DUMMY_HASH
    right = await _in_thread(passwords.verify_password, known, password)
    if account is None or not right:
        raise InvalidCredentials
    return await _signed_in(call, account)


@unit_of_work
async def _signed_in(transaction: Transaction, call: Call, account: Account) -> SignedIn:
    return await _begin_session(transaction, call, account)


async def refresh(call: Call, *, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for a new pair. A token that comes twice ends the whole session."""
    answer = await _refresh(call, refresh_token_hash(refresh_token))
    if answer is None:
        raise InvalidCredentials
    return answer


@unit_of_work
async def _refresh(transaction: Transaction, call: Call, token_hash: str) -> SignedIn | None:
    token = await RefreshToken.get_or_none(token_hash=token_hash).select_related("session__account")
    if token is None or token.session.ended_at is not None or token.expires_at <= call.now:
        return None
    won = await transaction.compare_and_set(RefreshToken, {"id": token.id, "used_at": None}, {"used_at": call.now})
    if not won:
        await _end_session(transaction, call, token.session.id)
        return None
    return await _tokens(transaction, call, token.session.account, token.session)


@unit_of_work
async def sign_out(transaction: Transaction, call: Call) -> None:
    """End the session of this call: its tokens, and the live connections that were opened with them."""
    if call.viewer.session_id is None:
        raise NotSignedIn
    await _end_session(transaction, call, call.viewer.session_id)


async def session_is_live(session_id: UUID, account_id: UUID) -> bool:
    """Tell whether a session has not been ended."""
    return await Session.exists(id=session_id, account_id=account_id, ended_at=None)


async def _end_session(transaction: Transaction, call: Call, session_id: UUID) -> None:
    await transaction.compare_and_set(Session, {"id": session_id, "ended_at": None}, {"ended_at": call.now})
    # No channel: the transport of each process listens to the topic and closes what it holds open.
    subject = {"session": str(session_id)}
    await outbox.enqueue(transaction, outbox.Topic.SESSION_ENDED, call.now, channels=[], subject=subject)


async def _begin_session(transaction: Transaction, call: Call, account: Account) -> SignedIn:
    session = Session(account_id=account.id, created_at=call.now)
    await transaction.insert(session)
    return await _tokens(transaction, call, account, session)


async def _tokens(transaction: Transaction, call: Call, account: Account, session: Session) -> SignedIn:
    policy, refresh_token = call.desk.policy, new_refresh_token()
    row = RefreshToken(
        session_id=session.id,
        token_hash=refresh_token_hash(refresh_token),
        expires_at=call.now + policy.refresh_lifetime,
    )
    await transaction.insert(row)
    access_token = issue_access_token(
        call.desk.keys.signing,
        subject=account.id,
        session=session.id,
        kind=account.kind,
        issuer=policy.issuer,
        audience=policy.audience,
        now=call.now,
        lifetime=policy.access_lifetime,
    )
    return SignedIn(access_token, refresh_token, call.now + policy.access_lifetime, account.kind)


async def _in_thread(work: Callable[[*Args], T], *args: *Args) -> T:
    return await asyncio.get_running_loop().run_in_executor(_hashing, work, *args)


def _hash_of(call: Call, email: str) -> str:
    try:
        return email_hash(call.desk.keys.lookup, email)
    except ValueError as wrong:
        raise invalid("email", "Give one e-mail address, such as name@example.com.") from wrong

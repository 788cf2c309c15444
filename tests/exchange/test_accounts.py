import asyncio
import json
from datetime import timedelta

import pytest

from consent.parties import Visibility
from exchange import accounts, ledger
from exchange.actors import candidate_of
from exchange.errors import EmailTaken, InvalidCredentials, InvalidInput, NotSignedIn
from models import Account, AccountKind, Candidate, RefreshToken, Session
from models.statements import query
from tests.exchange.support import counted, events_of, problems, refusal, tables, told
from tests.factories import PASSWORD
from vault import passwords
from vault.tokens import read_access_token

EMAIL = "Ada.Example@mail.example"


async def sign_up(world, email=EMAIL, password=PASSWORD):
    return await accounts.sign_up(world.call(), email=email, password=password)


async def sign_in(world, email=EMAIL, password=PASSWORD):
    return await accounts.sign_in(world.call(), email=email, password=password)


async def refresh(world, signed_in):
    return await accounts.refresh(world.call(), refresh_token=signed_in.refresh_token)


async def test_signing_up_opens_a_hidden_empty_candidate_with_a_ledger_and_signs_it_in(world):
    signed_in = await sign_up(world)

    account, candidate, session = await Account.get(), await Candidate.get(), await Session.get()
    assert (account.kind, candidate.account_id, session.account_id) == (AccountKind.CANDIDATE, account.id, account.id)
    assert (candidate.visibility, candidate.erased_at) == (Visibility.HIDDEN, None)
    assert candidate.data_key
    assert await events_of(candidate) == ["candidate:account:opened"]
    assert await ledger.verify(candidate.id) is None
    assert signed_in.expires_at == world.now + timedelta(minutes=10)
    viewer = world.viewer_of(signed_in)
    assert (viewer.account_id, viewer.session_id, viewer.kind) == (account.id, session.id, AccountKind.CANDIDATE)
    assert (await candidate_of(world.call(viewer))).candidate_id == candidate.id
    assert await counted("card", "outbox_message") == {"card": 0, "outbox_message": 0}


@pytest.mark.parametrize(
    "password", ["eh?", "nine char", "a" * 10, "password123", "Password123", "x" * 201], ids=lambda text: text[:12]
)
async def test_a_weak_password_opens_no_account(world, password):
    async with refusal(InvalidInput) as refused:
        await sign_up(world, password=password)

    assert problems(refused.error) == ["password"]
    assert password not in refused.error.problems[0].message


@pytest.mark.parametrize("email", ["", "no address", "a@", "@b", "a@b@c", "a b@c.example", "x" * 300 + "@c.example"])
async def test_what_is_no_address_opens_no_account_and_signs_nobody_in(world, email):
    for verb in (sign_up, sign_in):
        async with refusal(InvalidInput) as refused:
            await verb(world, email=email)
        assert problems(refused.error) == ["email"]


@pytest.mark.parametrize("again", [EMAIL, EMAIL.lower(), f" {EMAIL.upper()} "])
async def test_an_address_has_one_account_however_it_is_written(world, again):
    await sign_up(world)

    async with refusal(EmailTaken):
        await sign_up(world, email=again)
    assert (await sign_in(world, email=again)).kind is AccountKind.CANDIDATE


async def test_thirty_parallel_sign_ups_with_one_address_open_one_account(world):
    call = world.call()
    hashed = passwords.hash_password(PASSWORD)

    answers = await asyncio.gather(
        *(accounts.open_account(call, email=EMAIL, hashed_password=hashed) for _ in range(30)), return_exceptions=True
    )

    assert sum(isinstance(answer, accounts.SignedIn) for answer in answers) == 1
    assert await counted("account", "candidate", "session") == {"account": 1, "candidate": 1, "session": 1}


async def test_no_address_password_or_token_is_in_any_table_in_the_clear(world):
    signed_in = await sign_up(world)
    await refresh(world, signed_in)
    secrets = (EMAIL, EMAIL.lower(), "ada.example", "mail.example", PASSWORD, signed_in.refresh_token)

    for table in await tables():
        for row in await query(f"SELECT * FROM {table}"):
            printed = " ".join(_text(value) for value in row.values()).lower()
            assert not [secret for secret in secrets if secret.lower() in printed]
    assert not [secret for secret in secrets if secret in repr(signed_in)]
    assert signed_in.access_token not in repr(signed_in)


def _text(value):
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


@pytest.mark.parametrize("known", [True, False])
async def test_an_unknown_address_and_a_wrong_password_take_the_same_path(world, monkeypatch, known):
    await sign_up(world)
    verified = []
    stock = passwords.verify_password
    monkeypatch.setattr(passwords, "verify_password", lambda *given: (verified.append(given), stock(*given))[1])
    email, password = (EMAIL, "another password") if known else ("nobody@mail.example", PASSWORD)

    async with refusal(InvalidCredentials) as refused:
        await sign_in(world, email=email, password=password)

    assert [given[1] for given in verified] == [password]
    assert verified[0][0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert str(refused.error) == ""


async def test_even_the_dummys_own_password_signs_nobody_in(world, monkeypatch):
    await sign_up(world)
    monkeypatch.setattr(passwords, "verify_password", lambda *_: True)

    async with refusal(InvalidCredentials):
        await sign_in(world, email="nobody@mail.example")


async def test_each_sign_in_is_a_session_of_its_own(world):
    first = await sign_up(world)
    second = await sign_in(world)

    assert world.viewer_of(first).session_id != world.viewer_of(second).session_id
    assert await counted("session", "refresh_token") == {"session": 2, "refresh_token": 2}


async def test_a_refresh_token_is_exchanged_once_for_a_new_pair_in_the_same_session(world):
    first = await sign_up(world)
    world.later(minutes=9)

    second = await refresh(world, first)

    assert second.refresh_token != first.refresh_token
    assert world.viewer_of(second).session_id == world.viewer_of(first).session_id
    assert second.expires_at == world.now + timedelta(minutes=10)
    used, fresh = await RefreshToken.all().order_by("id")
    assert (used.used_at, fresh.used_at) == (world.now, None)
    assert fresh.expires_at == world.now + timedelta(days=30)


async def test_a_refresh_token_that_comes_twice_ends_the_session_with_all_its_tokens(world):
    first = await sign_up(world)
    other = await sign_in(world)
    second = await refresh(world, first)

    with pytest.raises(InvalidCredentials):
        await refresh(world, first)

    async with refusal(InvalidCredentials):
        await refresh(world, second)
    async with refusal(NotSignedIn):
        await candidate_of(world.call(world.viewer_of(second)))
    assert (await candidate_of(world.call(world.viewer_of(other)))).candidate_id
    assert (await Session.get(id=world.viewer_of(first).session_id)).ended_at == world.now
    [message] = await told()
    session = str(world.viewer_of(first).session_id)
    assert message.topic == "session.ended"
    assert json.loads(message.payload) == {"channels": [], "subject": {"session": session}}


async def test_of_parallel_refreshes_one_wins_and_the_reuse_ends_the_session(world):
    first = await sign_up(world)

    answers = await asyncio.gather(*(refresh(world, first) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(answer, accounts.SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidCredentials) for answer in answers) == 7
    assert await counted("refresh_token") == {"refresh_token": 2}
    assert (await Session.get()).ended_at == world.now


async def test_a_refresh_token_lasts_thirty_days_and_no_longer(world):
    signed_in = await sign_up(world)

    world.later(days=30)
    async with refusal(InvalidCredentials):
        await refresh(world, signed_in)
    world.later(microseconds=-1)
    assert (await refresh(world, signed_in)).refresh_token


@pytest.mark.parametrize("junk", ["", "junk", "é" * 50, "A" * 5000])
async def test_a_junk_refresh_token_is_not_accepted_and_ends_nothing(world, junk):
    await sign_up(world)

    async with refusal(InvalidCredentials):
        await accounts.refresh(world.call(), refresh_token=junk)


async def test_refreshing_touches_no_other_token(world):
    first, other = await sign_up(world), await sign_in(world)

    await refresh(world, first)

    assert (await refresh(world, other)).refresh_token


async def test_signing_out_ends_this_session_its_tokens_and_its_live_connections(world):
    first, other = await sign_up(world), await sign_in(world)
    viewer = world.viewer_of(first)

    await accounts.sign_out(world.call(viewer))

    assert (await Session.get(id=viewer.session_id)).ended_at == world.now
    assert (await Session.get(id=world.viewer_of(other).session_id)).ended_at is None
    assert [message.topic for message in await told()] == ["session.ended"]
    async with refusal(InvalidCredentials):
        await refresh(world, first)
    assert (await refresh(world, other)).refresh_token


async def test_signing_out_later_does_not_move_the_end(world):
    signed_in = await sign_up(world)
    viewer = world.viewer_of(signed_in)
    await accounts.sign_out(world.call(viewer))
    ended = world.now
    world.later(minutes=1)

    await accounts.sign_out(world.call(viewer))

    assert (await Session.get()).ended_at == ended


async def test_nobody_cannot_sign_out(world):
    await sign_up(world)

    async with refusal(NotSignedIn):
        await accounts.sign_out(world.call())


async def test_a_session_is_live_until_it_ends_and_for_its_own_account_alone(world):
    first, other = await sign_up(world), await sign_up(world, email="other@mail.example")
    viewer, stranger = world.viewer_of(first), world.viewer_of(other)

    assert await accounts.session_is_live(viewer.session_id, viewer.account_id) is True
    assert await accounts.session_is_live(viewer.session_id, stranger.account_id) is False
    await accounts.sign_out(world.call(viewer))
    assert await accounts.session_is_live(viewer.session_id, viewer.account_id) is False
    assert await accounts.session_is_live(stranger.session_id, stranger.account_id) is True


async def test_an_access_token_says_who_which_session_and_until_when(world):
    signed_in = await sign_up(world)

    claims = read_access_token(
        world.desk.keys.signing,
        signed_in.access_token,
        issuer="resume-exchange",
        audience="resume-exchange",
        now=world.now,
    )

    assert claims.kind == AccountKind.CANDIDATE
    assert claims.expires_at == signed_in.expires_at

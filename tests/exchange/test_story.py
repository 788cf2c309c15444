import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.terms import Category
from exchange import deciding, ledger
from exchange.errors import Refused


async def test_a_candidate_is_found_asked_approves_is_released_and_revokes(world):
    candidate, member = await world.candidate(), await world.member()

    page = await world.search(member, text="后端 python")
    grant = await world.grant(member, candidate)
    disclosure = await world.release(member, grant)
    revoked = await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert [card.id for card in page.cards] == [await world.card_id(member, candidate)]
    assert {item.category: item.value for item in disclosure.contact.values.values()} == {
        Category.NAME: candidate.canary.name,
        Category.PHONE: candidate.canary.phone,
    }
    assert revoked.state is GrantState.REVOKED
    with pytest.raises(Refused) as refused:
        await world.release(member, grant, key="second")
    assert refused.value.denied.reason is Reason.GRANT_ENDED
    assert await ledger.verify(candidate.id) is None

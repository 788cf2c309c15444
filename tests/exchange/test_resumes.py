"""What candidates put in: sealed, versioned, checked, and taken back."""

import copy

import pytest

from anonymity.pay import Pay
from consent.parties import Visibility
from consent.terms import Category
from exchange import resumes
from exchange.errors import Forbidden, InvalidInput, NotSignedIn
from models import Candidate, Card, SealedField, SealedRecord
from tests.exchange.support import CANARIES, all_reprs, events_of, problems, refusal
from tests.factories import contact_of, resume_of


async def profile(world, candidate):
    return await resumes.own_profile(world.call(candidate))


async def test_a_resume_and_contact_details_come_back_as_they_were_put_in(world):
    candidate = await world.candidate()

    own = await profile(world, candidate)

    assert own.resume == resume_of(candidate.canary)
    assert own.contact == {category.value: value for category, value in contact_of(candidate.canary).items()}
    assert own.candidate.id == candidate.id
    assert not CANARIES.search(" ".join(all_reprs(own)[:2]))


async def test_contact_details_that_are_missing_are_taken_from_the_resume_and_others_kept(world):
    candidate = await world.candidate()
    await resumes.update_contact(world.call(candidate), changes={Category.PHONE: None, Category.NAME: "Chosen Name"})

    await resumes.import_resume(world.call(candidate), document=resume_of(candidate.canary))

    own = await profile(world, candidate)
    assert own.contact["PHONE"] == candidate.canary.phone
    assert own.contact["NAME"] == "Chosen Name"


async def test_importing_again_replaces_the_resume_and_counts_versions(world):
    candidate = await world.candidate()
    document = resume_of(candidate.canary, title="Frontend Engineer")

    await resumes.import_resume(world.call(candidate), document=document)

    record = await SealedRecord.get(candidate_id=candidate.id, field=SealedField.RESUME)
    assert (record.version, record.changed_at) == (2, world.now)
    assert (await profile(world, candidate)).resume == document
    assert (await Card.get(candidate_id=candidate.id)).function_code == "frontend"
    assert (await events_of(candidate))[-1] == "candidate:resume:imported"


@pytest.mark.parametrize("document", [None, [], "text", 5, {"basics": []}, {"work": {"name": "x"}}])
async def test_what_is_no_json_resume_is_refused_field_by_field(world, document):
    candidate = await world.candidate()

    async with refusal(InvalidInput) as refused:
        await resumes.import_resume(world.call(candidate), document=document)

    assert all(path.startswith("resume") for path in problems(refused.error))
    assert problems(refused.error)


async def test_no_message_about_a_bad_resume_quotes_a_value(world):
    candidate = await world.candidate()
    document = copy.deepcopy(resume_of(candidate.canary))
    document["basics"]["location"] = candidate.canary.address

    async with refusal(InvalidInput) as refused:
        await resumes.import_resume(world.call(candidate), document=document)

    assert candidate.canary.address not in repr(refused.error.problems)


@pytest.mark.parametrize(
    ("category", "value"),
    [
        (Category.PHONE, "not a number"),
        (Category.PHONE, "77"),
        (Category.EMAIL, "no address"),
        (Category.EMAIL, "a@b@c"),
        (Category.NAME, "n" * 301),
        (Category.WECHAT, "line\nbreak"),
        (Category.ADDRESS, "null\0byte"),
    ],
)
async def test_contact_details_that_cannot_be_are_refused_with_advice_and_without_the_value(world, category, value):
    candidate = await world.candidate()

    async with refusal(InvalidInput) as refused:
        await resumes.update_contact(world.call(candidate), changes={category: value})

    assert problems(refused.error) == [category.lower()]
    assert value not in refused.error.problems[0].message


async def test_contact_details_are_kept_in_one_form(world):
    candidate = await world.candidate()

    changes = {Category.PHONE: "138 1234 5678", Category.EMAIL: " New@Mail.Example ", Category.WECHAT: " wx "}
    await resumes.update_contact(world.call(candidate), changes=changes)

    contact = (await profile(world, candidate)).contact
    assert (contact["PHONE"], contact["EMAIL"], contact["WECHAT"]) == ("+8613812345678", "new@mail.example", "wx")
    assert contact["NAME"] == candidate.canary.name


@pytest.mark.parametrize("nothing", [None, ""])
async def test_what_is_set_to_nothing_is_removed(world, nothing):
    candidate = await world.candidate()

    await resumes.update_contact(world.call(candidate), changes={Category.WECHAT: nothing})

    assert "WECHAT" not in (await profile(world, candidate)).contact
    assert (await events_of(candidate))[-1] == "candidate:contact:changed"


async def test_preferences_are_set_and_taken_back(world):
    candidate = await world.candidate()
    call = world.call(candidate)

    await resumes.update_preferences(call, expected_pay=Pay(30000, "CNY", "MONTH"), availability="IMMEDIATELY")
    row = await Candidate.get(id=candidate.id)
    assert (row.pay_amount, row.pay_currency, row.pay_period, row.availability) == (
        30000,
        "CNY",
        "MONTH",
        "IMMEDIATELY",
    )
    await resumes.update_preferences(call, expected_pay=None, availability=None)
    row = await Candidate.get(id=candidate.id)

    assert (row.pay_amount, row.pay_currency, row.pay_period, row.availability) == (None, None, None, None)


async def test_a_preview_is_the_card_as_employers_see_it_and_nothing_without_a_resume(world):
    candidate = await world.candidate()
    call = world.call(candidate)
    own = await profile(world, candidate)

    card = resumes.preview(call, own)

    assert card.function.code == "backend"
    assert not CANARIES.search(repr(card))
    assert resumes.preview(call, resumes.OwnProfile(own.candidate, None, {})) is None


async def test_a_hidden_card_stays_hidden_whatever_is_changed(world):
    candidate = await world.candidate(visibility=Visibility.HIDDEN)
    call = world.call(candidate)

    await resumes.import_resume(call, document=resume_of(candidate.canary))
    await resumes.update_contact(call, changes={Category.WECHAT: "other"})
    await resumes.update_preferences(call, expected_pay=None, availability="LATER")

    assert await Card.all().count() == 0


async def test_only_the_candidate_itself_reads_and_changes(world):
    candidate, member = await world.candidate(), await world.member()

    for who, error in ((member, Forbidden), (None, NotSignedIn)):
        async with refusal(error):
            await resumes.own_profile(world.call(who))
        async with refusal(error):
            await resumes.update_contact(world.call(who), changes={})
        async with refusal(error):
            await resumes.import_resume(world.call(who), document=resume_of(candidate.canary))
        async with refusal(error):
            await resumes.update_preferences(world.call(who), expected_pay=None, availability=None)


async def test_each_candidate_reads_its_own(world):
    first, second = await world.candidate(), await world.candidate()

    await resumes.update_contact(world.call(first), changes={Category.NAME: "Changed"})
    await resumes.import_resume(world.call(second), document=resume_of(second.canary, title="Nurse"))

    assert (await profile(world, first)).contact["NAME"] == "Changed"
    assert (await profile(world, second)).contact["NAME"] == second.canary.name
    assert (await profile(world, first)).resume == resume_of(first.canary)


async def test_contact_details_of_a_resume_are_not_written_again_when_nothing_is_missing(world):
    candidate = await world.candidate()
    before = await SealedRecord.get(candidate_id=candidate.id, field=SealedField.CONTACT)

    await resumes.import_resume(world.call(candidate), document=resume_of(candidate.canary))

    after = await SealedRecord.get(candidate_id=candidate.id, field=SealedField.CONTACT)
    assert (after.version, after.ciphertext) == (before.version, before.ciphertext)


async def test_what_a_resume_tells_and_could_not_be_set_by_hand_is_left_out(world):
    candidate = await world.candidate()
    nothing = dict.fromkeys(contact_of(candidate.canary))
    await resumes.update_contact(world.call(candidate), changes=nothing)
    document = resume_of(candidate.canary)
    document["basics"] |= {"phone": "call me", "name": "n" * 301}

    await resumes.import_resume(world.call(candidate), document=document)

    contact = (await profile(world, candidate)).contact
    assert contact["EMAIL"] == candidate.canary.email
    assert not {"PHONE", "NAME"} & contact.keys()

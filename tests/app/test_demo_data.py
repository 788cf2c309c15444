from collections import Counter
from itertools import pairwise
from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from app.demo.accounts import ADMIN_EMAILS, CANDIDATE_EMAILS, DEMO_PASSWORD, OPERATOR_EMAIL, RECRUITER_EMAILS
from app.demo.blocks import DATA, load
from app.demo.careers import LATEST, MONTHS
from app.demo.credit_code import check_digit, fictional_credit_code, organization_check_digit
from app.demo.employers import EMPLOYERS, JOBS
from app.demo.identities import Phones
from app.demo.people import MOST, candidates

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "anonymity" / "data" / "jsonresume" / "schema.json"


@pytest.fixture(scope="module")
def first_300():
    return list(candidates(300))


@pytest.fixture(scope="module")
def first_20_000():
    return list(candidates(20_000))


def path_of_title(path_file):
    raw = orjson.loads(path_file.read_bytes())
    return {
        title: path_file.stem
        for level in raw["titles"]
        for pair in level
        for title in ([pair] * isinstance(pair, str) or pair)
    }


def paths_by_title():
    return {title: key for file in (DATA / "paths").glob("*.json") for title, key in path_of_title(file).items()}


def test_the_first_300_resumes_are_valid_json_resumes(first_300):
    validator = jsonschema_rs.validator_for(orjson.loads(SCHEMA.read_bytes()))

    errors = [error.message for each in first_300 for error in validator.iter_errors(each.resume)]

    assert errors == []


def test_a_smaller_count_gives_the_same_candidates_only_fewer(first_300):
    assert list(candidates(40)) == first_300[:40]


def test_another_seed_gives_other_people(first_300):
    other = list(candidates(40, seed=1))

    assert [each.contact["name"] for each in other] != [each.contact["name"] for each in first_300[:40]]


def test_candidates_are_counted_from_zero(first_300):
    assert [each.index for each in first_300] == list(range(300))
    assert list(candidates(0)) == []


@pytest.mark.parametrize("count", [-1, MOST + 1])
def test_a_count_for_which_there_are_no_numbers_is_refused(count):
    with pytest.raises(ValueError, match="count must be between 0 and 1000000"):
        candidates(count)


@pytest.mark.parametrize("kind", ["phone", "email", "wechat", "address"])
def test_no_two_candidates_share_a_contact_value(first_20_000, kind):
    assert len({each.contact[kind] for each in first_20_000}) == 20_000


def test_phone_numbers_stay_different_up_to_a_million():
    phones = Phones()
    countries = ("CN", "HK", "US", "GB", "SG")

    numbers = {phones.draw(countries[index % 5], index) for index in range(MOST)}

    assert len(numbers) == MOST


def test_none_of_the_first_300_names_is_part_of_another(first_300):
    names = [each.contact["name"] for each in first_300]

    assert not [(one, other) for one in names for other in names if one is not other and one in other]


def test_a_name_or_an_address_stands_only_in_the_basics(first_300):
    for each in first_300:
        rest = orjson.dumps({key: value for key, value in each.resume.items() if key != "basics"}).decode()
        summary = each.resume["basics"]["summary"]

        assert [value for value in each.contact.values() if value in rest or value in summary] == []


def test_the_contact_is_what_the_resume_says(first_300):
    for each in first_300:
        basics = each.resume["basics"]
        contact = each.contact

        assert (basics["name"], basics["phone"], basics["email"]) == (
            contact["name"],
            contact["phone"],
            contact["email"],
        )
        assert basics["location"]["address"] == contact["address"]
        assert basics["profiles"][0] == {"network": "WeChat", "username": contact["wechat"]}


def test_addresses_and_numbers_are_recognizably_made_up(first_20_000):
    prefixes = Counter(each.contact["phone"][:10] for each in first_20_000)

    assert all(each.contact["email"].endswith("@candidates.example") for each in first_20_000)
    assert all(each.contact["email"].isascii() for each in first_20_000)
    assert {prefix for prefix in prefixes if prefix.startswith("+86")} == {"+86 190 00"}
    assert all(prefix.endswith("555") for prefix in prefixes if prefix.startswith("+1"))
    assert {prefix for prefix in prefixes if prefix.startswith("+44")} == {"+44 7700 9"}
    assert {prefix[:7] for prefix in prefixes if prefix.startswith("+852")} == {"+852 57"}


def test_jobs_follow_one_another_and_end_by_october_2026(first_20_000):
    for each in first_20_000:
        work = each.resume["work"][::-1]
        last = work[-1].get("endDate", MONTHS[LATEST])

        assert 1 <= len(work) <= 6
        assert all("endDate" in job for job in work[:-1])
        assert all(job["startDate"] < job.get("endDate", "2026-11") for job in work)
        assert all(earlier["endDate"] <= later["startDate"] for earlier, later in pairwise(work))
        assert last <= "2026-10"


def test_degrees_come_before_work_and_one_after_the_other(first_20_000):
    for each in first_20_000:
        education = each.resume["education"][::-1]

        assert education
        assert all(entry["startDate"] < entry["endDate"] for entry in education)
        assert all(lower["endDate"] < higher["startDate"] for lower, higher in pairwise(education))
        assert education[-1]["endDate"] <= each.resume["work"][-1]["startDate"]


def test_nobody_is_set_back_to_a_lower_level(first_300):
    levels = {}
    for file in (DATA / "paths").glob("*.json"):
        for level, titles in enumerate(orjson.loads(file.read_bytes())["titles"]):
            levels |= {(file.stem, title): level for pair in titles for title in pair}
    keys = paths_by_title()

    for each in first_300:
        career = [levels[keys[job["position"]], job["position"]] for job in reversed(each.resume["work"])]

        assert career == sorted(career)


def test_every_title_belongs_to_one_path():
    titles = [title for file in (DATA / "paths").glob("*.json") for title in path_of_title(file)]

    assert [title for title, times in Counter(titles).items() if times > 1] == []


def test_the_first_300_show_at_least_16_career_paths(first_300):
    keys = paths_by_title()

    shown = {keys[each.resume["basics"]["label"]] for each in first_300}

    assert len(shown) >= 16


def test_skills_and_languages_are_as_many_as_people_list_and_never_twice(first_20_000):
    for each in first_20_000:
        skills = [skill["name"] for skill in each.resume["skills"]]
        languages = [spoken["language"] for spoken in each.resume["languages"]]

        assert 4 <= len(skills) <= 14
        assert len(set(skills)) == len(skills)
        assert 1 <= len(languages) <= 3
        assert len(set(languages)) == len(languages)


def test_three_in_five_write_chinese_and_most_are_visible_to_verified_employers(first_20_000):
    languages = Counter(each.language for each in first_20_000)
    visibilities = Counter(each.visibility for each in first_20_000)

    assert 0.58 < languages["zh"] / 20_000 < 0.62
    assert set(languages) == {"zh", "en"}
    assert visibilities["VERIFIED_EMPLOYERS"] > 8 * visibilities["HIDDEN"] > 0
    assert visibilities["VERIFIED_EMPLOYERS"] > visibilities["MATCHED_EMPLOYERS"] > visibilities["HIDDEN"]


def test_pay_and_availability_take_the_expected_forms(first_20_000):
    pay = [each.expected_pay for each in first_20_000]

    assert all(each["amount"] > 0 and each["amount"] % 500 == 0 for each in pay)
    assert {(each["currency"], each["period"]) for each in pay} == {
        ("CNY", "MONTH"),
        ("HKD", "MONTH"),
        ("SGD", "MONTH"),
        ("USD", "YEAR"),
        ("GBP", "YEAR"),
    }
    assert {each.availability for each in first_20_000} == {"IMMEDIATELY", "ONE_MONTH", "THREE_MONTHS", "LATER"}


def test_no_sentence_is_left_with_a_gap(first_300):
    assert not [
        each.index for each in first_300 if b"{a}" in orjson.dumps(each.resume) or b"{n}" in orjson.dumps(each.resume)
    ]


def test_every_path_is_drawn_and_popular_ones_more_often(first_20_000):
    keys = paths_by_title()
    drawn = Counter(keys[each.resume["basics"]["label"]] for each in first_20_000)

    assert set(drawn) == {file.stem for file in (DATA / "paths").glob("*.json")}
    assert len(drawn) == 19
    assert drawn["backend"] > 2 * drawn["ml"]


def test_big_cities_are_home_to_more_people(first_20_000):
    homes = Counter(each.resume["basics"]["location"]["city"] for each in first_20_000)

    assert homes["北京"] > 5 * homes["昆明"] > 0


def test_check_digits_agree_with_published_examples():
    assert check_digit("91350100M000100Y4") == "3"
    assert organization_check_digit("D2143569") == "X"


def test_a_changed_character_changes_the_check_digit():
    code = fictional_credit_code("MADEM001")

    changed = [code[:at] + ("1" if code[at] != "1" else "2") + code[at + 1 : 17] for at in range(17)]

    assert all(check_digit(body) != code[17] for body in changed)


def test_employers_carry_valid_codes_of_no_real_place():
    codes = [employer.credit_code for employer in EMPLOYERS]

    assert len(set(codes)) == 6
    for code in codes:
        assert code.startswith("91000000MADEM")
        assert len(code) == 18
        assert code[17] == check_digit(code[:17])
        assert code[16] == organization_check_digit(code[8:16])


def test_six_employers_are_four_verified_one_suspended_one_unverified():
    assert Counter(employer.state for employer in EMPLOYERS) == {"VERIFIED": 4, "SUSPENDED": 1, "UNVERIFIED": 1}


def test_every_employer_has_an_admin_a_recruiter_and_a_privacy_contact():
    for employer in EMPLOYERS:
        assert [member.role for member in employer.members] == ["ADMIN", "RECRUITER"]
        assert all(member.email.endswith(f"@{employer.key}.example") for member in employer.members)
        assert employer.privacy_email in employer.privacy_contact
        assert employer.country == "CN"


def test_twenty_jobs_are_spread_over_all_employers():
    assert len(JOBS) == 20
    assert {job.employer_key for job in JOBS} == {employer.key for employer in EMPLOYERS}
    assert all(0 < job.pay_min < job.pay_max and (job.currency, job.period) == ("CNY", "MONTH") for job in JOBS)
    assert all(job.description and job.english_city != job.city for job in JOBS)


def test_sign_ins_are_different_and_reach_nobody():
    addresses = [*CANDIDATE_EMAILS, *ADMIN_EMAILS, *RECRUITER_EMAILS, OPERATOR_EMAIL]

    assert len(set(addresses)) == len(addresses)
    assert all(address.endswith(".example") for address in addresses)
    assert len(DEMO_PASSWORD) >= 16


def test_candidates_who_sign_in_can_be_found_by_employers(first_300):
    assert {each.visibility for each in first_300[: len(CANDIDATE_EMAILS)]} == {"VERIFIED_EMPLOYERS"}


def test_the_data_says_that_everybody_is_fictional():
    assert "Everything and everybody here is fictional." in (DATA / "README.md").read_text(encoding="utf-8")
    assert load("names.json")["surnames"]

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymity import search_tokens
from anonymity import vocabulary as words
from anonymity.card import Card, CardPreferences, build_card
from anonymity.pay import Pay
from anonymity.search_tokens import NOTHING, CardFilter, QueryTooLong, index_tokens, match_groups, unknown_codes

TODAY = date(2026, 11, 21)


def card_of(
    *skills: str,
    title: str = "高级后端工程师",
    city: str = "北京",
    years: int = 4,
    pay: Pay | None = None,
    degree: str = "硕士",
    availability: str | None = None,
) -> Card:
    resume = {
        "basics": {"location": {"city": city}},
        "work": [{"name": "某某银行", "position": title, "startDate": f"{2026 - years}-01"}],
        "education": [{"studyType": degree}],
        "skills": [{"name": skill} for skill in skills],
        "languages": [{"language": "英语"}, {"language": "日语"}],
    }
    return build_card(resume, CardPreferences(pay, availability), TODAY)


def finds(card_filter: CardFilter, card: Card) -> bool:
    tokens = set(index_tokens(card))
    return all(tokens & set(group) for group in match_groups(card_filter))


def every_token() -> list[str]:
    facets = [
        search_tokens._facet(facet, term.code)
        for facet, table in (search_tokens._UNORDERED_FACETS | search_tokens._DEMANDED_FACETS).values()
        for term in table.all()
    ]
    rich = card_of("C++", pay=Pay(1, "CNY", "MONTH"), availability="LATER", degree="博士")
    return sorted({*facets, *search_tokens._searchable(), *index_tokens(rich), NOTHING})


def test_every_token_there_can_be_survives_fts5_as_one_token():
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE card_index USING fts5(tokens, content='', detail=none, columnsize=0,"
            " tokenize=\"unicode61 remove_diacritics 0 tokenchars '#+.'\")"
        )
        database.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(card_index, row)")
        tokens = every_token()
        database.executemany("INSERT INTO card_index(rowid, tokens) VALUES (?, ?)", enumerate(tokens))
        assert [term for (term,) in database.execute("SELECT term FROM terms ORDER BY term")] == tokens
        for row, token in enumerate(tokens):
            found = database.execute("SELECT rowid FROM card_index WHERE card_index MATCH ?", (f'"{token}"',))
            assert found.fetchall() == [(row,)]


def test_the_tokens_of_a_card_are_sorted_and_unique():
    tokens = index_tokens(card_of("Java", "java", "k8s"))
    assert tokens == sorted(set(tokens))
    assert {"#s.java", "#s.kubernetes", "#f.backend", "#g.engineering", "#v.senior"} < set(tokens)
    assert {"#r.cn", "#r.cn.bj", "#i.banking", "#l.en", "#l.ja", "#d.associate", "#d.master"} < set(tokens)
    assert "#d.doctor" not in tokens


@pytest.mark.parametrize(
    "text",
    [
        "C++",
        "c#",
        ".NET",
        "R",
        "Go",
        "go, R",
        "北京",
        "Beijing",
        "后端",
        "backend",
        "BACK-END",
        "后端工程师",
        "北京后端工程师",
        "北京的高级后端开发",
        "资深 后端",
        "Senior Backend Engineer in Beijing",
        "微信支付",
        "WeChat Pay",
        "微信小程序开发",
        "小程序",
        "k8s",
        "Kubernetes",
        "中国",
        "硕士",
        "英语",
        "银行",
        "数据分析",
        "",
        "的",
        "、！",
    ],
)
def test_a_card_is_found_by_its_words_in_both_languages(text: str):
    card = card_of("C++", "C#", ".NET", "R", "Go", "微信支付", "微信小程序开发", "Kubernetes", "数据分析")
    assert finds(CardFilter(text=text), card)


@pytest.mark.parametrize(
    "text", ["C", "Google", "上海", "前端", "foobar", "后端 foobar", "岗", "ไทย", "#f.backend", "京", "☕1"]
)
def test_words_that_the_card_does_not_have_find_nothing(text: str):
    assert not finds(CardFilter(text=text), card_of("C++", "R"))


def test_single_characters_the_segmenter_leaves_are_joined_to_words():
    assert list(search_tokens._query_words("魑魅北京魍")) == ["魑魅", "北京", "魍"]


@pytest.mark.parametrize(
    ("card_filter", "found"),
    [
        (CardFilter(), True),
        (CardFilter(functions=("backend",)), True),
        (CardFilter(functions=("frontend", "backend")), True),
        (CardFilter(functions=("frontend",)), False),
        (CardFilter(functions=("frontend", "no such")), False),
        (CardFilter(families=("engineering",)), True),
        (CardFilter(families=("legal",)), False),
        (CardFilter(levels=("senior",)), True),
        (CardFilter(levels=("junior",)), False),
        (CardFilter(regions=("cn",)), True),
        (CardFilter(regions=("cn.bj",)), True),
        (CardFilter(regions=("cn.sh", "us")), False),
        (CardFilter(industries=("banking",)), True),
        (CardFilter(industries=("gaming",)), False),
        (CardFilter(skills_all=("java", "go")), True),
        (CardFilter(skills_all=("java", "rust")), False),
        (CardFilter(skills_any=("rust", "go")), True),
        (CardFilter(skills_any=("rust",)), False),
        (CardFilter(languages=("en", "ja")), True),
        (CardFilter(languages=("en", "fr")), False),
        (CardFilter(min_degree="bachelor"), True),
        (CardFilter(min_degree="master"), True),
        (CardFilter(min_degree="doctor"), False),
        (CardFilter(min_degree="no such"), False),
        (CardFilter(availability=("ONE_MONTH", "LATER")), True),
        (CardFilter(availability=("IMMEDIATELY",)), False),
        (CardFilter(text="后端", regions=("cn",), min_years=3), True),
    ],
)
def test_filters_find_what_the_card_shows(card_filter: CardFilter, found: bool):  # noqa: FBT001 - a table of cases
    assert finds(card_filter, card_of("Java", "Go", availability="ONE_MONTH")) is found


def test_a_card_without_a_degree_is_found_only_when_none_is_asked_for():
    without = card_of(degree="")
    assert finds(CardFilter(text="后端"), without)
    assert not finds(CardFilter(min_degree="secondary"), without)


def test_a_province_finds_its_cities():
    shenzhen = card_of(city="深圳")
    assert finds(CardFilter(regions=("cn.gd",)), shenzhen)
    assert finds(CardFilter(text="广东"), shenzhen)
    assert not finds(CardFilter(regions=("cn.gd.guangzhou",)), shenzhen)


@given(st.integers(0, 40), st.integers(-1, 40), st.integers(-1, 40))
def test_years_match_when_the_shown_band_touches_the_asked_ones(years: int, least: int, most: int):
    card = card_of(years=years)
    shown = card.years_of_experience
    assert finds(CardFilter(min_years=least), card) is (shown.max is None or shown.max > least)
    assert finds(CardFilter(max_years=most), card) is (shown.min <= max(most, 0))


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_pay_matches_when_the_shown_band_begins_within_the_budget(expected: int, budget: int):
    card = card_of(pay=Pay(expected, "CNY", "MONTH"))
    assert card.expected_pay is not None
    assert finds(CardFilter(max_pay=Pay(budget, "CNY", "MONTH")), card) is (card.expected_pay.min <= budget)


def test_a_budget_finds_no_card_without_pay_or_in_another_currency():
    budget = CardFilter(max_pay=Pay(10**9, "CNY", "YEAR"))
    assert not finds(budget, card_of())
    assert not finds(budget, card_of(pay=Pay(10, "USD", "YEAR")))
    assert finds(budget, card_of(pay=Pay(50, "CNY", "HOUR")))


def test_at_least_and_at_most_each_ask_for_one_token():
    card_filter = CardFilter(min_years=3, max_years=8, min_degree="bachelor", max_pay=Pay(30_000, "CNY", "MONTH"))
    assert match_groups(card_filter) == (
        ("#y.from.3",),
        ("#y.upto.8",),
        ("#d.bachelor",),
        ("#p.cny.30000",),
    )


def test_any_is_one_group_all_are_many_and_repeats_are_dropped():
    assert match_groups(CardFilter(skills_any=("java", "go", "java"), skills_all=("go", "go", "r"))) == (
        ("#s.java", "#s.go"),
        ("#s.go",),
        ("#s.r",),
    )


def test_unknown_codes_are_told_by_field():
    card_filter = CardFilter(
        functions=("backend", "x"), regions=("cn.zz",), skills_all=("y",), min_degree="z", availability=("NOW",)
    )
    assert unknown_codes(card_filter) == [
        ("functions", "x"),
        ("regions", "cn.zz"),
        ("availability", "NOW"),
        ("skills_all", "y"),
        ("min_degree", "z"),
    ]
    assert unknown_codes(CardFilter(min_degree="master", languages=("en",))) == []
    assert unknown_codes(CardFilter()) == []


@pytest.mark.parametrize(
    ("text", "limit"),
    [("a" * 201, 200), (" ".join(str(number) for number in range(21)), 20)],
)
def test_a_search_text_has_its_limits(text: str, limit: int):
    with pytest.raises(QueryTooLong) as refused:
        match_groups(CardFilter(text=text))
    assert (refused.value.limit, refused.value.code) == (limit, "QUERY_TOO_LONG")


@given(st.text(max_size=40))
def test_any_text_asks_only_for_tokens_a_card_can_have(text: str):
    known = {*search_tokens._searchable(), NOTHING}
    try:
        groups = match_groups(CardFilter(text=text))
    except QueryTooLong:
        return
    assert {token for group in groups for token in group} <= known


@pytest.mark.parametrize("skill", words.SKILLS.all(), ids=lambda skill: skill.code)
def test_every_skill_is_found_by_both_of_its_names_and_its_code(skill: words.Term):
    card = replace(card_of(), skills=(skill,))
    assert finds(CardFilter(text=skill.zh), card)
    assert finds(CardFilter(text=skill.en), card)
    assert finds(CardFilter(skills_all=(skill.code,)), card)

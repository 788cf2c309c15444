import re

import pytest

from anonymity import vocabulary as words
from anonymity.tables import Table, Term, listed
from anonymity.text import units

TABLES = {
    "availability": words.AVAILABILITIES,
    "degrees": words.DEGREES,
    "families": words.FAMILIES,
    "fluency": words.FLUENCIES,
    "functions": words.FUNCTIONS,
    "industries": words.INDUSTRIES,
    "languages": words.LANGUAGES,
    "levels": words.LEVELS,
    "regions": words.REGIONS,
    "sizes": words.SIZES,
    "skills": words.SKILLS,
    "years": words.YEARS,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_codes_are_unique_and_plain_and_every_term_has_both_names(table: Table):
    codes = [row["code"] for row in table.rows]
    assert len(set(codes)) == len(codes)
    if table is not words.AVAILABILITIES:
        assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", code)] == []
    assert [term for term in table.all() if not (term.zh and term.en)] == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_phrase_of_a_table_leads_to_two_terms(table: Table):
    leads: dict[tuple[str, ...], set[str]] = {}
    for row in table.rows:
        for phrase in (row["zh"], row["en"], *listed(row, "aliases", "keywords")):
            leads.setdefault(tuple(units(phrase)), set()).add(row["code"])
    assert {key: codes for key, codes in leads.items() if len(codes) > 1 or not key} == {}


def test_there_are_at_least_five_hundred_skills_and_seventy_functions():
    assert len(words.SKILLS.all()) >= 500
    assert len(words.FUNCTIONS.all()) >= 70


def test_every_function_has_a_family_and_every_employer_a_known_industry_and_size():
    assert all(words.family_of(function.code) for function in words.FUNCTIONS.all())
    assert [row for row in words._EMPLOYERS if not words.INDUSTRIES.get(row["industry"])] == []
    assert [row for row in words._EMPLOYERS if not words.SIZES.get(row["size"])] == []


def test_every_region_lies_in_known_regions():
    assert all(words.lineage(region)[-1].code.count(".") == 0 for region in words.REGIONS.all())
    assert [place.code for place in words.lineage(words.REGIONS.get("cn.gd.shenzhen"))] == [
        "cn.gd.shenzhen",
        "cn.gd",
        "cn",
    ]


def test_all_mainland_provinces_and_hong_kong_macau_taiwan_are_there():
    assert len([region for region in words.REGIONS.all() if re.fullmatch(r"cn\.[a-z]{2}", region.code)]) == 34


def test_a_term_is_named_in_both_languages():
    assert words.SKILLS.get("wechatpay") == Term("wechatpay", "微信支付", "WeChat Pay")
    assert words.SKILLS.get("wechatpay").name("zh") == "微信支付"
    assert words.SKILLS.get("wechatpay").name("en") == "WeChat Pay"


def test_asking_a_table_for_an_unknown_code_gives_none_and_a_family_of_nothing_is_an_error():
    assert words.SKILLS.get("no") is None
    with pytest.raises(KeyError):
        words._sure(words.SKILLS, "no")


@pytest.mark.parametrize(
    ("title", "function", "level"),
    [
        ("后端工程师", "backend", "mid"),
        ("Backend Engineer", "backend", "mid"),
        ("BACK-END engineer", "backend", "mid"),
        ("Senior Java Developer", "backend", "senior"),
        ("高级Java开发工程师", "backend", "senior"),
        ("Ｊａｖａ 开发", "backend", "mid"),
        ("Go Developer", "backend", "mid"),
        ("C++工程师", "backend", "mid"),
        (".NET developer", "backend", "mid"),
        ("前端开发工程师(React)", "frontend", "mid"),
        ("Frontend Team Lead", "frontend", "lead"),
        ("全栈工程师", "fullstack", "mid"),
        ("iOS Engineer", "mobile", "mid"),
        ("安卓开发", "mobile", "mid"),
        ("大数据开发工程师", "dataengineering", "mid"),
        ("Software Engineer, Machine Learning", "ml", "mid"),
        ("嵌入式软件工程师", "embedded", "mid"),
        ("软件工程师", "software", "mid"),
        ("Programmer", "software", "mid"),
        ("测试开发工程师", "qa", "mid"),
        ("运维工程师", "devops", "mid"),
        ("Site Reliability Engineer", "devops", "mid"),
        ("技术总监", "techmanagement", "director"),
        ("VP of Engineering", "techmanagement", "executive"),
        ("产品经理", "productmanager", "mid"),
        ("高级产品经理", "productmanager", "senior"),
        ("Product Manager", "productmanager", "mid"),
        ("项目经理", "projectmanager", "mid"),
        ("UI设计师", "ui", "mid"),
        ("平面设计师", "graphic", "mid"),
        ("销售经理", "sales", "manager"),
        ("Account Executive", "sales", "mid"),
        ("Regional Sales Director", "sales", "director"),
        ("新媒体运营", "contentoperations", "mid"),
        ("运营专员", "operations", "mid"),
        ("HR Manager", "hr", "manager"),
        ("人事经理", "hr", "manager"),
        ("招聘专员", "recruiting", "mid"),
        ("会计主管", "accounting", "lead"),
        ("Chief Financial Officer, CFO", "financemanager", "executive"),
        ("律师", "legal", "mid"),
        ("机械工程师", "mechanical", "mid"),
        ("仓库管理员", "warehouse", "mid"),
        ("小学语文老师", "teacher", "mid"),
        ("Registered Nurse", "nurse", "mid"),
        ("主治医师", "doctor", "mid"),
        ("土木工程师", "civil", "mid"),
        ("客服专员", "customerservice", "mid"),
        ("行政助理", "admin", "junior"),
        ("总经理助理", "assistant", "junior"),
        ("Assistant Manager, Hotel", "hotel", "junior"),
        ("店长", "sales", "manager"),
        ("CEO/President", "generalmanager", "executive"),
        ("算法工程师实习", "ml", "intern"),
        ("实习生", "other", "intern"),
        ("Wizard of light bulb moments", "other", "mid"),
        ("", "other", "mid"),
    ],
)
def test_titles_of_both_languages_lead_to_function_and_level(title: str, function: str, level: str):
    assert (words.function_of(title).code, words.level_of(title).code) == (function, level)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (("上海", "", ""), "cn.sh"),
        (("上海市浦东新区", "", ""), "cn.sh"),
        (("Shanghai", "", ""), "cn.sh"),
        (("深圳", "广东", "CN"), "cn.gd.shenzhen"),
        (("广东省深圳市", "", "cn"), "cn.gd.shenzhen"),
        (("Xi'an", "", ""), "cn.sn.xian"),
        (("", "浙江省", "CN"), "cn.zj"),
        (("九龙", "", "HK"), "cn.hk"),
        (("台北市", "", "TW"), "cn.tw.taipei"),
        (("Macau", "", "MO"), "cn.mo"),
        (("San Francisco", "California", "US"), "us.ca.sanfrancisco"),
        (("Washington", "DC", "US"), "us.dc"),
        (("Paris", "Texas", "US"), "us.tx"),
        (("Paris", "", ""), "fr.paris"),
        (("Paris", "", "US"), "us"),
        (("Springfield", "", "US"), "us"),
        (("Nowhere", "", "XX"), "other"),
        (("", "", "other"), "other"),
        (("", "", ""), "other"),
    ],
)
def test_places_lead_to_the_most_exact_known_region(place: tuple[str, str, str], code: str):
    assert words.region_of(*place).code == code


@pytest.mark.parametrize(
    ("name", "description", "industry", "size"),
    [
        ("腾讯科技（深圳）有限公司", "", "internet", "huge"),
        ("Tencent Holdings Ltd", "", "internet", "huge"),
        ("中国工商银行上海分行", "", "banking", "huge"),
        ("某某农商银行", "", "banking", "unknown"),
        ("Acme Bank", "", "banking", "unknown"),
        ("第一人民医院", "", "healthcare", "unknown"),
        ("Acme Hospital", "", "healthcare", "unknown"),
        ("某某大学", "", "education", "unknown"),
        ("University of Somewhere", "", "education", "unknown"),
        ("某某有限公司", "一家游戏公司", "gaming", "unknown"),
        ("Googlefy", "", "other", "unknown"),
        ("", "", "other", "unknown"),
    ],
)
def test_employers_lead_to_industry_and_size(name: str, description: str, industry: str, size: str):
    assert (words.industry_of(name, description).code, words.company_size_of(name).code) == (industry, size)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("本科", "bachelor"),
        ("学士", "bachelor"),
        ("Bachelor", "bachelor"),
        ("BSc", "bachelor"),
        ("B.Sc. (Hons)", "bachelor"),
        ("硕士研究生", "master"),
        ("Master of Science", "master"),
        ("博士", "doctor"),
        ("PhD", "doctor"),
        ("大学专科", "associate"),
        ("高中", "secondary"),
        ("Bootcamp", None),
    ],
)
def test_degrees_of_both_languages_are_known(text: str, code: str | None):
    degree = words.degree_of(text)
    assert (degree and degree.code) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C++", "cplusplus"),
        ("C#", "csharp"),
        ("c", "c"),
        (".NET", "dotnet"),
        ("ASP.NET Core", "dotnet"),
        ("R", "r"),
        ("R语言", "r"),
        ("Go", "go"),
        ("Golang", "go"),
        ("go-to-market", "gotomarket"),
        ("k8s", "kubernetes"),
        ("Kubernetes", "kubernetes"),
        ("微信小程序开发", "wechatminiprogram"),
        ("微信支付", "wechatpay"),
        ("WeChat Pay", "wechatpay"),
        ("数据分析", "dataanalysis"),
        ("熟练使用Excel", "excel"),
        ("CI/CD", "cicd"),
        ("Node.js", "nodejs"),
        ("Google", None),
        ("Rabbits", None),
    ],
)
def test_skills_match_by_whole_words_and_in_both_languages(text: str, code: str | None):
    skill = words.skill_of(text)
    assert (skill and skill.code) == code


def test_all_skills_of_one_text_are_found_once_each():
    assert [skill.code for skill in words.skills_in("Java、Spring Boot、MySQL/Redis; java")] == [
        "java",
        "springboot",
        "mysql",
        "redis",
    ]


@pytest.mark.parametrize(
    ("language", "fluency", "expected"),
    [
        ("English", "Native speaker", ("en", "native")),
        ("英文", "CET-6", ("en", "conversational")),
        ("普通话", "母语", ("zh", "native")),
        ("Mandarin", "", ("zh", "unknown")),
        ("粤语", "流利", ("yue", "fluent")),
        ("日语", "工作使用", ("ja", "professional")),
        ("German", "A2", ("de", "basic")),
    ],
)
def test_languages_and_fluency_of_both_languages_are_known(language: str, fluency: str, expected: tuple[str, str]):
    assert (words.language_of(language).code, words.fluency_of(fluency).code) == expected


def test_a_language_nobody_lists_is_none():
    assert words.language_of("Klingon") is None

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymity.masks import mask
from consent.terms import Category


@pytest.mark.parametrize(
    ("category", "value", "masked"),
    [
        ("NAME", "李晓明", "李**"),
        ("NAME", "欧阳娜娜", "欧阳**"),
        ("NAME", "Lucy Chen", "L. C."),
        ("NAME", "lucy mary van chen", "L. C."),
        ("NAME", "Cher", "C."),
        ("PHONE", "138 1234 5678", "+86 ****78"),
        ("PHONE", "+1 415 555 2671", "+1 ****71"),
        ("PHONE", "12", "***"),
        ("PHONE", "call me", "***"),
        ("EMAIL", "lucy@example.com", "l***@***"),
        ("EMAIL", "lucy", "***"),
        ("WECHAT", "wx_lucy", "w***"),
        ("ADDRESS", "北京市海淀区某路1号", "***"),
        ("PHOTO", "https://example.com/me.png", ""),
        ("RESUME_DOCUMENT", "lucy.pdf", ""),
        ("EMPLOYER_NAMES", "腾讯", "互联网 · 10000人以上"),
        ("EMPLOYER_NAMES", "某某医院", "医疗卫生 · 规模未知"),
    ],
)
def test_each_category_has_its_masked_form(category: str, value: str, masked: str):
    assert mask(category, f" {value} ") == masked
    assert mask(Category(category), value) == masked


def test_an_employer_is_masked_in_the_asked_language():
    assert mask("EMPLOYER_NAMES", "Tencent", "en") == "Internet · 10,000 or more people"


@pytest.mark.parametrize("category", list(Category))
def test_nothing_is_masked_as_nothing(category: Category):
    assert mask(category, " ") == ""


def test_an_unknown_category_is_an_error():
    with pytest.raises(ValueError, match="FAX"):
        mask("FAX", "1")


@given(st.sampled_from(list(Category)), st.text(alphabet="zqxj0123456789鑫 @", min_size=4, max_size=30))
def test_a_mask_never_holds_the_value(category: Category, value: str):
    masked = mask(category, value)
    assert not value.strip() or value.strip() not in masked

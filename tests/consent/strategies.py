"""Generated values for the properties: any terms, any narrowing, any template, wise or foolish."""

from hypothesis import settings
from hypothesis import strategies as st

from consent.templates import PurposeTemplate
from consent.terms import Category, Form, Method, Narrowing, Purpose, Recipient, Terms

patiently = settings(deadline=None, max_examples=200)

words = st.text(max_size=12)
figures = st.integers(min_value=-1, max_value=6)
some_categories = st.dictionaries(st.sampled_from(Category), st.sampled_from(Form), max_size=len(Category))
sets_of_categories = st.frozensets(st.sampled_from(Category), max_size=4)
methods = st.lists(st.sampled_from(Method), max_size=3, unique=True).map(tuple)
recipients = st.builds(
    Recipient, legal_name=words, credit_code=words, contact=words, address=words, country=st.sampled_from(["CN", "SG"])
)

any_terms = st.builds(
    Terms,
    recipient=recipients,
    job_id=words,
    job_title=words,
    purpose=st.sampled_from(Purpose),
    template_version=st.integers(1, 2),
    notice_version=st.integers(1, 2),
    categories=some_categories,
    methods=methods,
    access_days=figures,
    max_uses=figures,
    retention_days=figures,
    onward_transfer=words,
    consequence_of_refusing=words,
)

any_narrowing = st.builds(
    Narrowing,
    drop=sets_of_categories,
    mask=sets_of_categories,
    access_days=st.none() | figures,
    retention_days=st.none() | figures,
    max_uses=st.none() | figures,
)

any_template = st.builds(
    PurposeTemplate,
    purpose=st.sampled_from(Purpose),
    version=st.integers(1, 2),
    categories=some_categories,
    methods=st.frozensets(st.sampled_from(Method)),
    access_days=figures,
    max_uses=figures,
    retention_days=figures,
    open_requests=figures,
)


@st.composite
def askable(draw, template):
    """Draw terms that ask for something, and for nothing beyond ``template``."""
    names = sorted(template.categories)
    asked = draw(st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True))
    forms = {name: draw(st.sampled_from(at_most(template.categories[name]))) for name in asked}
    return Terms(
        recipient=draw(recipients),
        job_id=draw(words),
        job_title=draw(words),
        purpose=template.purpose,
        template_version=template.version,
        notice_version=1,
        categories=forms,
        methods=draw(st.lists(st.sampled_from(sorted(template.methods)), min_size=1, unique=True).map(tuple)),
        access_days=draw(st.integers(1, template.access_days)),
        max_uses=draw(st.integers(1, template.max_uses)),
        retention_days=draw(st.integers(1, template.retention_days)),
    )


def at_most(form):
    return [Form.MASKED] if form is Form.MASKED else [Form.MASKED, Form.RAW]


@st.composite
def lawful_narrowing(draw, asked):
    """Draw a narrowing that keeps at least one category and lengthens nothing."""
    names = sorted(asked.categories)
    dropped = draw(st.frozensets(st.sampled_from(names), max_size=len(names) - 1))
    return Narrowing(
        drop=dropped,
        mask=draw(st.frozensets(st.sampled_from(names))),
        access_days=draw(st.none() | st.integers(1, asked.access_days)),
        retention_days=draw(st.none() | st.integers(1, asked.retention_days)),
        max_uses=draw(st.none() | st.integers(1, asked.max_uses)),
    )

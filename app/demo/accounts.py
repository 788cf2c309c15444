"""Who may sign in to the demo.

The first candidates sign in under addresses that are easy to type; their contact e-mail stays private.
"""

from app.demo.employers import EMPLOYERS
from app.demo.people import SIGN_INS

DEMO_PASSWORD = "paper-boats-cross-seven-quiet-harbours"  # noqa: S105 - published on purpose, opens made-up accounts only

CANDIDATE_EMAILS: tuple[str, ...] = tuple(f"candidate{number}@demo.example" for number in range(1, SIGN_INS + 1))
"""One sign-in for each of the first candidates, in the order of `candidates()`."""

ADMIN_EMAILS: tuple[str, ...] = tuple(employer.member("ADMIN").email for employer in EMPLOYERS)
RECRUITER_EMAILS: tuple[str, ...] = tuple(employer.member("RECRUITER").email for employer in EMPLOYERS)
OPERATOR_EMAIL = "operator@demo.example"

"""Unified social credit codes (GB 32100-2015) around an organization code (GB 11714-1997)."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ENTERPRISE = "91"
NOWHERE = "000000"


def organization_check_digit(body: str) -> str:
    total = sum(int(char, 36) * weight for char, weight in zip(body, ORGANIZATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def check_digit(body: str) -> str:
    """Compute the 18th character from the first 17."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def fictional_credit_code(organization: str) -> str:
    """Make the code of an enterprise registered nowhere, from the eight characters of its organization code."""
    body = ENTERPRISE + NOWHERE + organization + organization_check_digit(organization)
    return body + check_digit(body)

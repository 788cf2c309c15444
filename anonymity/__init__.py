"""From a resume to a de-identified card: pure functions on values; only coded terms ever reach a card."""

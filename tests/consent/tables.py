"""Reads the lifecycle tables: under a head of verbs and one of parties (by initial), each row is a key and answers."""


def read_table(text, keys):
    """Return ``{(*key, verb, initial): answer}``. The first ``keys`` words of a row are its key."""
    verbs, initials, *rows = [line.split() for line in text.strip().splitlines()]
    each = len(initials) // len(verbs)
    columns = [(verbs[place // each], initial) for place, initial in enumerate(initials)]
    cells = {}
    for row in rows:
        key, answers = tuple(row[:keys]), row[keys:]
        if (*key, *columns[0]) in cells:
            raise ValueError(f"{key} stands twice")
        cells.update({(*key, *column): answer for column, answer in zip(columns, answers, strict=True)})
    return cells

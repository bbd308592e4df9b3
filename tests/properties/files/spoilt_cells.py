"""Cells as they really come: error cells, decimal commas, other pairs of codes, shorthand, days that do not exist.

Each function spoils some cells of a made file, and says by which words a refusal of the file would be a right one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.properties.files.made import NUMBERS, Cell, Column, ErrorCell, Made
from trials.registry.tables.columns import now

ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
SHORTHAND = ("[x]", "[c]", "[low]", "..", ".", "-", "--", "n.k.", "nil", "unknown", "tbc", "?", "part", "see note")
BLANKS = ("", "", "", "NA", "NULL", "NaN", "nan", "null", "N/A", "n/a", " ")
NO_NUMBERS = (
    "１２", "٣٤", "\u221212.5", "'12.5", "1e400", "inf", "-Infinity", "0x1F", "1_000", "1d5", "12.5.1", "1,2,3",
    "2026-01-05", "30/02/2026", "12:30", "99999999999999999999", "9007199254740993", "12 .5", "--5", "½", "1/2", "1e",
    "12.5\u200b", "12.5\x00", "five", "12.5 kg", "=12.5", "12,5,0", "O", "l0", "12.5)", "$", "1 2 3", "1.234.567",
    "TRUE", "yes", "+", "e5", "0,5", "7,", ",7", "12\u00a0000", "1e5e5", "1.5e", "NaN1", "infinity", "\u22125",
)  # fmt: skip
NO_TRUTHS = (
    "Yes", "No", "Y", "N", "T", "F", "2", "-1", "9", "100", "Paid", "Not paid", "x", "✓", "WAHR", "on", "off", "0.5",
    "O", "l", "１", "+1", "1,0", "0,00", "1-", "01", "00", "1.", "TRUE?", "1e0", "true.", "'1", "1 1",
)  # fmt: skip
PAIRS = (
    ("Yes", "No"), ("YES", "NO"), ("Y", "N"), ("T", "F"), ("t", "f"), ("Paid", "Not paid"), ("1", "2"), ("2", "1"),
    ("100", "0"), ("+1", "0"), ("Y", "0"), ("1", "N"), ("x", "-"), ("✓", "✗"), ("WAHR", "FALSCH"), ("ja", "nein"),
    ("-1", "0"), ("1", "-1"), ("1", "O"), ("l", "0"), ("Ydw", "Nac ydw"), ("oui", "non"), ("on", "off"), ("A", "B"),
)  # fmt: skip
NO_DAYS = (
    "2026-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "29/11/2026", "11/29/2026",
    "29-Nov-2026", "20261129", "46000", "46000.5", "2026-11-29T23:30:00Z", "2026-11-29 23:30", "0206-11-29",
    "2126-11-29", "26-11-29", "Monday", "2026-11", "today", "29.11.2026", "2026/11/29", "2026-1-5", "+2026-11-29",
    "２０２６-11-29", "2026-11-29\u200b",
)  # fmt: skip
_MIDNIGHT, _HALF_PAST = datetime.fromisoformat("2026-01-05"), datetime.fromisoformat("2026-01-05T09:30")
NO_CODES = ("p", "CYM", "4", "11", "Yes", "N/P", "PPP", "001", "-1", "d", "0.5")
UNSEEN = ("\x00", "\u200b", "\u00ad", "\x07", "\u202e", "\ufeff")
NO_CHANNELS = ("fax", "Letters", "e-mail", "letter, sms", "1", "l\u0435tter", "#N/A", "whatsapp")


def pick(made: Made, *kinds: str) -> Column | None:
    columns = made.of_kind(*kinds)
    return made.chance.choice(columns) if columns else None


def spoil(made: Made, column: Column, place: int, written: Any) -> None:
    if isinstance(written, str) and made.format in ("dta", "xlsx"):
        written = written.replace("\0", "\u200b")  # neither can hold a NUL
    column.cells[place].spoil(written)
    made.refusals += [column.name, "not one of the .* rows can be taken"]


def share(made: Made) -> list[int]:
    """A few customers, a third of them, or nearly all."""
    most = made.chance.choice((0.02, 0.05, 0.3, 0.6, 1.0))
    return made.some(most)


def blanks(made: Made) -> str | None:
    column = pick(made, *NUMBERS, "boolean")
    if column is None:
        return None
    for place in made.some(0.3):
        cell = column.cells[place]
        if cell.state == "good":
            # A typed file would hold text, which is no blank there, so it holds nothing.
            written = None if made.typed or made.chance.random() < 0.5 else made.chance.choice(BLANKS)
            column.cells[place] = Cell(None, written, "blank")
    if made.role == "population" or column.essential:
        made.refusals.append(column.name)
    return "blanks"


def errors(made: Made) -> str | None:
    column = pick(made, *NUMBERS, "boolean", "text", "any text", "date", "id", "coded", "event", "event day", "mark")
    if column is None:
        return None
    for place in made.some(0.2):
        code = made.chance.choice(ERRORS)
        spoil(made, column, place, ErrorCell(code) if made.chance.random() < 0.8 else code)
    return "errors"


def no_numbers(made: Made) -> str | None:
    column = pick(made, *NUMBERS)
    if column is None:
        return None
    one = made.chance.choice(NO_NUMBERS)
    several = made.chance.random() < 0.5
    # A column of which most is no number is none, unless somebody says so.
    made.refusals.append(column.name)
    for place in made.some(0.3) if column.kind == "any number" else share(made):
        spoil(made, column, place, made.chance.choice(NO_NUMBERS) if several else one)
    return "no numbers"


def shorthand(made: Made) -> str | None:
    column = pick(made, *NUMBERS, "boolean")
    if column is None:
        return None
    mark = made.chance.choice(SHORTHAND)
    words = mark in ("tbc", "part", "see note") and column.kind == "any number"  # mostly words is no quantity
    for place in made.some(0.3) if words else share(made):
        truth = None if made.chance.random() < 0.5 else column.cells[place].truth
        column.cells[place] = Cell(truth, mark)
        spoil(made, column, place, mark)
    return "shorthand"


def grouped(number: float, thousands: str, decimal: str, places: int | None = 2) -> str:
    text = f"{number:,.{places}f}" if places is not None else f"{number:,}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


STYLES: dict[str, Callable[[float], str]] = {
    "european": lambda x: grouped(x, ".", ","),
    "european short": lambda x: grouped(x, ".", "", 0) if x.is_integer() else grouped(x, ".", ","),
    "decimal comma": lambda x: f"{x:.2f}".replace(".", ","),
    "spaces": lambda x: grouped(x, "\u00a0", ","),
    "thin spaces": lambda x: grouped(x, "\u202f", "."),
    "swiss": lambda x: grouped(x, "'", "."),
    "thousands": lambda x: grouped(x, ",", "."),
    "thousands whole": lambda x: grouped(x, ",", ".", 0) if x.is_integer() else grouped(x, ",", "."),
    "indian": lambda x: f"{int(x) // 100000},{int(x) // 1000 % 100:02d},{x % 1000:06.2f}" if x >= 1e5 else f"{x:.2f}",
    "pounds": lambda x: f"£{x:.2f}",
    "pounds behind": lambda x: f"{x:.2f} £",
    "pence": lambda x: f"{x * 100:.0f}p",
    "euro": lambda x: f"€ {grouped(x, '.', ',')}",
    "coded": lambda x: f"GBP {x:.2f}",
    "kilo": lambda x: f"{x / 1000:.5f}k",
    "brackets": lambda x: f"({-x:.2f})" if x < 0 else f"{x:.2f}",
    "minus behind": lambda x: f"{-x:.2f}-" if x < 0 else f"{x:.2f}",
    "credit": lambda x: f"{-x:.2f} CR" if x < 0 else f"{x:.2f}",
    "true minus": lambda x: f"{x:.2f}".replace("-", "\u2212"),
    "apostrophe": lambda x: f"'{x:.2f}",
    "wide digits": lambda x: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in f"{x:.2f}"),
}
# Styles that write some numbers so that they read as others, and must be given away by the rest of the column.
_GIVEN_AWAY = {"european", "european short"}


def style(made: Made) -> str | None:
    """A column in another style, all of it or a part: what is written alike stays good."""
    column = pick(made, "number", "any number")
    if column is None:
        return None
    name = made.chance.choice(list(STYLES))
    places = range(made.customers) if made.chance.random() < 0.5 else share(made)
    for place in places:
        cell = column.cells[place]
        if not isinstance(cell.truth, float) or cell.state != "good":
            continue
        text = STYLES[name](cell.truth)
        if text != f"{cell.truth:.2f}":
            spoil(made, column, place, text)
        elif not made.typed:
            cell.written = text
    if name in _GIVEN_AWAY and not _gives_itself_away(column):
        spoil(made, column, 0, "1.234.567,50" if made.customers > 20 else "1.234,50")
        column.cells[0].truth = 1_234_567.5 if made.customers > 20 else 1_234.5
    column.marked = True
    return f"style {name}"


def _gives_itself_away(column: Column) -> bool:
    return any(isinstance(cell.written, str) and "," in cell.written for cell in column.cells)


def no_truths(made: Made) -> str | None:
    column = pick(made, "boolean", "event")
    if column is None:
        return None
    several = made.chance.random() < 0.5
    one = made.chance.choice(NO_TRUTHS)
    for place in share(made):
        spoil(made, column, place, made.chance.choice(NO_TRUTHS) if several else one)
    return "no truths"


def pairs(made: Made) -> str | None:
    """Another pair of codes, in the whole column or in a part, with or without a third for what is not known."""
    column = pick(made, "boolean")
    if column is None:
        return None
    if len({cell.truth for cell in column.cells if cell.state == "good"}) < 2:
        return None  # of one code alone nobody can say what it means
    yes, no = made.chance.choice(PAIRS)
    third = made.chance.random() < 0.3
    capitals = made.chance.random() < 0.3
    whole = made.chance.random() < 0.7 or {yes, no} & {"1", "0"} != set()  # or no file could tell
    for place in range(made.customers) if whole else share(made):
        cell = column.cells[place]
        if cell.state != "good":
            continue
        word = yes if cell.truth else no
        spoil(made, column, place, made.chance.choice((word, word.upper(), word.lower())) if capitals else word)
        if third and made.chance.random() < 0.1:
            column.cells[place] = Cell(None, made.chance.choice(("9", "DK", "Unknown", "3", "")), "spoilt")
    column.marked = True
    return f"pairs {yes}/{no}"


def no_days(made: Made) -> str | None:
    column = pick(made, "date", "event day")
    if column is None:
        return None
    several = made.chance.random() < 0.5
    one = made.chance.choice(NO_DAYS)
    for place in share(made):
        spoil(made, column, place, made.chance.choice(NO_DAYS) if several else one)
    made.refusals.append("day")
    return "no days"


def formulas(made: Made) -> str | None:
    """Formulas as a program leaves them that works nothing out: without a value."""
    if made.format != "xlsx":
        return None
    column = pick(made, *NUMBERS, "boolean", "text", "date", "id")
    if column is None:
        return None
    made.dialect["formulas"] = True
    for place in made.some(0.3):
        spoil(made, column, place, made.chance.choice(("=A1+1", '=IF(B2>"x",1,0)', "=TODAY()")))
    return "formulas"


def unseen(made: Made) -> str | None:
    if made.format == "dta":
        return None
    column = pick(made, "text", "any text")
    if column is None:
        return None
    for place in made.some(0.1):
        word = str(column.cells[place].truth)
        at = made.chance.randrange(len(word) + 1)
        mark = made.chance.choice(UNSEEN if made.format != "xlsx" else UNSEEN[1:2] + UNSEEN[4:])
        spoil(made, column, place, word[:at] + mark + word[at:])
    return "unseen"


def channels(made: Made) -> str | None:
    if made.role != "contacts":
        return None
    for place in share(made):
        spoil(made, made.column("channel"), place, made.chance.choice(NO_CHANNELS))
    return "channels"


def arms(made: Made) -> str | None:
    if made.role != "analyse":
        return None
    marks = ("n.k.", "-", "", "NA", "..", "unknown")
    for place in made.some(0.1):
        made.column("arm").cells[place] = Cell(None, made.chance.choice(marks), "blank")  # each is a customer lost
    return "arms"


def counts(made: Made) -> str | None:
    column = pick(made, "count")
    if column is None:
        return None
    for place in share(made):
        wrong = made.chance.choice((-3.0, 2.5, -0.5))
        spoil(made, column, place, wrong if made.typed or made.format == "xlsx" else str(wrong))
    return "counts"


def typed_wrongly(made: Made) -> str | None:
    """Cells of a workbook that carry a type of their own, and not that of their column."""
    if made.format != "xlsx":
        return None
    column = pick(made, *NUMBERS, "boolean", "date", "id", "text")
    if column is None:
        return None
    wrong: dict[str, tuple[Any, ...]] = {
        "boolean": (_MIDNIGHT, time(9, 30), 2, 0.5),
        "date": (46000, 46000.5, True, _HALF_PAST, time(9, 30)),
        "id": (_MIDNIGHT, True, 12, 1234567890123456, 12.5),
        "text": (),
    }
    values = wrong.get(column.kind, (_MIDNIGHT, True, time(9, 30), 12345678901234567))
    for place in made.some(0.1) if values else ():
        spoil(made, column, place, made.chance.choice(values))
    return "typed wrongly" if values else None


def plain_spellings(made: Made) -> str | None:
    """Other spellings that must be read: numbers as text in a workbook, truths in words, exponents, blanks around."""
    if made.typed:
        return None
    column = pick(made, "number", "boolean", "date")
    if column is None:
        return None
    way = made.chance.randrange(5)
    for place in made.some(1.0):
        cell = column.cells[place]
        if cell.state != "good":
            continue
        if isinstance(cell.truth, bool):
            yes = ("1", "true", "TRUE", "True", "1.0", "1.00", " 1")[made.chance.randrange(7)]
            no = ("0", "false", "FALSE", "False", "0.0", "0.00", "0 ")[made.chance.randrange(7)]
            cell.written = yes if cell.truth else no
        elif isinstance(cell.truth, float):
            ways: tuple[str, ...] = (
                f"{cell.truth:.2f}", f"{cell.truth:+.2f}", f" {cell.truth!r}", f"{cell.truth!r} ", f"{cell.truth:.15e}",
            )  # fmt: skip
            cell.written = ways[way]
        elif isinstance(cell.truth, date):
            day = cell.truth.isoformat()
            cell.written = (day, f" {day} ", f"{day} 00:00:00", f"{day}T00:00", day)[way]
    return "plain spellings"


def other_codes(made: Made) -> str | None:
    """Codes as they may be written and are still themselves; and some that are none of the plan."""
    column = pick(made, "coded")
    if column is None:
        return None
    for place in made.some(1.0):
        cell = column.cells[place]
        if cell.state == "good" and cell.truth in ("1", "2", "3", "0"):
            number = int(cell.truth)
            cell.written = made.chance.choice((f"{number}.0", f"{number}.", f" {number}", f"+{number}", str(number)))
            if made.format == "xlsx" and made.chance.random() < 0.5:
                cell.written = made.chance.choice((number, float(number)))
        elif cell.state == "good" and not made.typed:
            cell.written = made.chance.choice((f"{cell.truth} ", f" {cell.truth}", cell.truth))
        elif cell.state == "blank" and made.chance.random() < 0.3:
            cell.written = None
    for place in made.some(0.2) if made.chance.random() < 0.7 else ():
        spoil(made, column, place, made.chance.choice(NO_CODES))
    return "other codes"


def event_days(made: Made) -> str | None:
    """Days that cannot be: of nothing that happened, to come, before anything, none at all, or not one that exists."""
    column = pick(made, "event day")
    if column is None:
        return None
    today = now().date()
    made.refusals += [column.name, "none of them has a day"]
    for place in made.some(0.4):
        cell = column.cells[place]
        day = made.chance.choice((None, today, today + timedelta(days=1), date(1970, 1, 1), date(2126, 1, 1)))
        if made.chance.random() < 0.3:
            spoil(made, column, place, made.chance.choice(NO_DAYS))
        else:
            cell.truth, cell.written, cell.state = day, day, "good" if day else "blank"
    return "event days"


def marks(made: Made) -> str | None:
    """Marks of letters in other spellings, and of no letter."""
    column = pick(made, "mark")
    if column is None:
        return None
    for place in made.some(1.0):
        cell = column.cells[place]
        if cell.state != "good" or made.chance.random() < 0.5:
            continue
        text = str(cell.written)
        if column.name == "contact_number":
            bare = str(cell.truth)
            cell.written = made.chance.choice(
                (f"+44 {bare}", f"0044{bare}", f"0{bare[:4]}-{bare[4:]}", f"{bare}.0", f"+44(0){bare}", bare)
            )
        else:
            cell.written = made.chance.choice((text.upper(), f" {text}", text.lower(), text.replace(" ", "  ")))
    for place in made.some(0.2) if made.chance.random() < 0.6 else ():
        column.cells[place] = Cell("?", made.chance.choice(("Z99", "0300 999 9999", "0" * 64, "letters", "12")))
    for place in made.some(0.1) if made.chance.random() < 0.4 else ():
        column.cells[place] = Cell(None, None, "blank")
    return "marks"


CELLS: tuple[Callable[[Made], str | None], ...] = (
    blanks, errors, no_numbers, shorthand, style, style, no_truths, pairs, no_days, unseen, channels, arms, counts,
    typed_wrongly, formulas, plain_spellings, plain_spellings, other_codes, other_codes, event_days, event_days, marks,
    marks,
)  # fmt: skip

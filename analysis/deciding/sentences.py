"""The verdict in words that a manager reads: plain English, numbers with units, never a p-value."""

from __future__ import annotations

from designs.protocol.models import Arm, Outcome, Protocol

_CHANNEL_WORDS = {"letter": ("letter",), "sms": ("sms", "text"), "email": ("e-mail", "email"), "call": ("call",)}
_CHANNEL_NAMES = {"letter": "letter", "sms": "SMS", "email": "e-mail", "call": "call"}


def approach(arm: Arm) -> str:
    """An arm as it stands in the middle of a sentence.

    Examples:
        >>> approach(Arm(id="sms", kind="otm", label="SMS reminder", channel="sms"))
        'the SMS reminder'
        >>> approach(Arm(id="n", kind="otm", label="Your neighbours will know", channel="letter"))
        'the letter “Your neighbours will know”'
        >>> approach(Arm(id="w", kind="otm", label="New web page"))
        '“New web page”'
    """
    if arm.channel is None:
        return f"“{arm.label}”"
    if any(word in arm.label.lower() for word in _CHANNEL_WORDS[arm.channel]):
        return f"the {uncapitalised(arm.label)}"
    return f"the {_CHANNEL_NAMES[arm.channel]} “{arm.label}”"


def treated(arm: Arm) -> str:
    """What was done to an arm's customers; "assigned", for nobody is dropped who could not be reached.

    Examples:
        >>> treated(Arm(id="call", kind="otm", label="Outbound call", channel="call"))
        'assigned the outbound call'
    """
    return f"{'sent' if arm.channel in ('letter', 'sms', 'email') else 'assigned'} {approach(arm)}"


def doing_nothing(protocol: Protocol) -> str:
    """The comparison: no further action, or business as usual by its label."""
    comparison = protocol.comparison
    return "no further action" if comparison.kind == "nfa" else f"business as usual ({comparison.label})"


def behaviour(outcome: Outcome) -> str:
    """What customers did, from the outcome's id and its day.

    Examples:
        >>> behaviour(Outcome(id="paid_23", role="primary", kind="binary", day=23))
        'paid by day 23'
    """
    words = outcome.id.removesuffix(f"_{outcome.day}") if outcome.day else outcome.id
    words = words.replace("_", " ").replace("-", " ")
    return f"{words} by day {outcome.day}" if outcome.day else words


def per_1000(outcome: Outcome, effect: float) -> str:
    """An effect over 1,000 customers, in words.

    Examples:
        >>> paid = Outcome(id="paid_23", role="primary", kind="binary", day=23)
        >>> per_1000(paid, 0.0241), per_1000(paid, -0.0012)
        ('24 more paid by day 23', '1.2 fewer paid by day 23')
        >>> per_1000(Outcome(id="spend", role="primary", kind="amount"), 0.7)
        '£700 more spend'
    """
    return f"{change(outcome, effect)} {behaviour(outcome)}"


def change(outcome: Outcome, effect: float) -> str:
    """The same without the behaviour, for the ends of a range.

    Examples:
        >>> change(Outcome(id="paid", role="primary", kind="binary"), -0.024)
        '24 fewer'
    """
    if outcome.kind == "amount":
        size, rise, fall, nil = pounds(effect), "more", "less", "no more or less"
        return nil if size == "£0" else f"{size} {rise if effect > 0 else fall}"
    size = quantity(abs(effect) * 1000.0)
    return "no more or fewer" if size == "0" else f"{size} {'more' if effect > 0 else 'fewer'}"


def gained(amount: float) -> str:
    """Pounds per customer as pounds gained or lost over 1,000.

    Examples:
        >>> gained(0.8523), gained(-0.4911), gained(0.0001)
        ('£850 gained', '£490 lost', '£0')
    """
    size = pounds(amount)
    return size if size == "£0" else f"{size} {'gained' if amount > 0 else 'lost'}"


def pounds(per_customer: float) -> str:
    """Size of an amount over 1,000 customers, rounded to £10 from £100 on."""
    size = abs(per_customer) * 1000.0
    return f"£{round(size, -1):,.0f}" if size >= 99.5 else f"£{size:,.0f}"


def each(amount: float) -> str:
    """Pounds for one customer, with its sign outside.

    Examples:
        >>> each(0.85), each(-7.5)
        ('£0.85', '−£7.50')
    """
    return f"{'−' if amount < 0 else ''}£{abs(amount):,.2f}"


def quantity(size: float) -> str:
    """A count over 1,000 customers: whole from 10 on, one decimal below.

    Examples:
        >>> quantity(70.4), quantity(2.04), quantity(0.02)
        ('70', '2', '0')
    """
    if size >= 9.95:
        return f"{size:,.0f}"
    return f"{size:.1f}".removesuffix(".0")


def people(count: float) -> str:
    """A number of customers needed, rounded up to two significant figures.

    Examples:
        >>> people(123_400), people(88)
        ('130,000', '88')
    """
    step = 10 ** max(0, len(str(int(count))) - 2)
    return f"{int(-(-count // step) * step):,}"


def points(effect: float) -> str:
    """A share's difference in percentage points, with a sign.

    Examples:
        >>> points(0.0223), points(-0.0006)
        ('+2.2 points', '−0.1 points')
    """
    return f"{'−' if effect < 0 else '+'}{abs(effect) * 100:.1f} points"


def listed(parts: list[str]) -> str:
    """Parts as a person would list them.

    Examples:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def uncapitalised(label: str) -> str:
    """A label without its capital, unless its first word is all capitals.

    Examples:
        >>> uncapitalised("Men's e-mail"), uncapitalised("SMS reminder")
        ("men's e-mail", 'SMS reminder')
    """
    first = label.split(maxsplit=1)[0]
    return label if len(first) > 1 and first.isupper() else label[0].lower() + label[1:]

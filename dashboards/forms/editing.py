"""A draft in somebody's hands: what stands on a page, what it was made from, and how it is saved.

What is typed is kept in the registry as soon as it reaches the server, for after a reload or the server's end; it is a
revision when its author saves it. Two people's changes are put together, and where both changed one value, whoever
saves second chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any

import streamlit as st

from analysis.wording.phrases import day
from dashboards import design_session, session
from dashboards.forms.fields import Path
from dashboards.forms.values import value_at, with_value
from data.errors import Refused
from designs.drafting import Conflict, Draft, join, plain_stem
from designs.drafting.changes import Path as ChangePath
from trials.registry.records import DesignDetail, RevisionRecord, Typed
from trials.stages.design import DraftConflict


@dataclass(slots=True)
class Form:
    """What stands on one page of a design, from one run of the page to the next.

    Attributes:
        design: The design's id.
        page: Which of its pages.
        made_from: The revision that it was opened on.
        base: That revision's draft.
        draft: The draft as it stands on the page.
        contents: The texts that were written on the page, by digest.
        generation: How often its fields began anew: a member came or went, or it was saved.
        first: The draft that the fields of this generation began with.
        tried: It was saved at least once, so that what is missing is said.
        said: What is to be told once, at the top.
        conflicts: Values that somebody else has saved otherwise meanwhile, and the revision that has them.
        window: What tells the window from others that the same person has open on the page.
        taken_up: What was typed in another window, and is gone on with in this one.
        elsewhere: Other words that the person typed on the page, in another window, the latest first.
    """

    design: str
    page: str
    made_from: int
    base: Draft
    draft: Draft
    contents: dict[str, str] = field(default_factory=dict)
    generation: int = 0
    first: Draft = field(default_factory=lambda: Draft({}, {}))
    tried: bool = False
    said: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    against: int = 0
    kept: Mapping[str, Any] | None = None
    window: str = field(default_factory=lambda: token_hex(8))
    taken_up: Typed | None = None
    elsewhere: tuple[Typed, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything on it is not saved."""
        return self.draft.whole != self.base.whole

    def at(self, path: Path) -> Any:
        """What stands at a path of the plan."""
        return value_at(self.draft.document, path)

    def key(self, *parts: object) -> str:
        """The key of a widget of this generation."""
        return "/".join(("design", self.design, self.page, str(self.generation), *map(str, parts)))

    def put(self, path: Path, value: Any) -> None:
        """Put a value at a path of the plan; None takes it away."""
        self.draft = Draft(with_value(self.draft.document, path, value), self.draft.texts)

    def put_text(self, path: Path, name: str | None, text: str) -> None:
        """Put a text beside the plan, and its name at a path; an empty one takes the name away.

        A text that another place of the plan names too, or that a new one would lie upon, stays as it is: this one
        then has a name of its own.
        """
        if not text.strip():
            self.put(path, None)
            return
        if name is None or names(with_value(self.draft.document, path, None), name):
            arm = self.at((*path[:-2], "id"))
            name = self._free(f"wording/{plain_stem(arm if isinstance(arm, str) else '')}", f".{path[-1]}.md")
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.contents[digest] = text
        self.put(path, name)
        self.draft = Draft(self.draft.document, {**self.draft.texts, name: digest})

    def changed_text(self, path: Path) -> bool:
        """Whether the text at a path is not what was saved."""
        before, name = value_at(self.base.document, path), self.at(path)
        if not isinstance(name, str) or name != before:
            return bool(name != before)
        return self.base.texts.get(name) != self.draft.texts.get(name)

    def _free(self, stem: str, ending: str) -> str:
        taken = {name.casefold() for name in (*self.draft.texts, *self.base.texts)}
        names = (f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for number in count(1))
        return next(name for name in names if name not in taken)

    def anew(self) -> None:
        """Let every field begin with what stands on the page now."""
        self.generation += 1
        self.first = self.draft


def form_of(detail: DesignDetail, page: str) -> Form:
    """The form of a page, as it stood a moment ago; or begun anew, with what was typed before a reload."""
    key = f"form/{detail.design.id}/{page}"
    form: Form | None = st.session_state.get(key)
    latest = detail.revision
    typed = () if detail.locked else design_session.typed(detail.design.id, page)
    if form is None:
        form = _begun(detail, page, typed)
        st.session_state[key] = form
    elif form.made_from != latest.number and not form.changed and not form.conflicts:
        form.made_from, form.base, form.draft = latest.number, latest.draft, latest.draft
        form.anew()
    _look_elsewhere(form, typed, latest.draft)
    return form


def _begun(detail: DesignDetail, page: str, typed: tuple[Typed, ...]) -> Form:
    latest = detail.revision
    form = Form(detail.design.id, page, latest.number, latest.draft, latest.draft)
    if typed and _go_on(form, typed[0], latest):
        form.said = ("What you typed here before is kept. It is not saved yet.",)
    form.first = form.draft
    return form


def _go_on(form: Form, typed: Typed, latest: RevisionRecord) -> bool:
    """Put on the page what was typed before; False where it changes nothing, or nothing can be made of it."""
    try:
        known = typed.made_from == latest.number
        before = latest if known else design_session.revision(form.design, typed.made_from)
        kept = typed.document
        draft = Draft(dict(kept["plan"]), {str(name): str(digest) for name, digest in kept["texts"].items()})
        contents = {str(digest): str(text) for digest, text in kept["contents"].items()}
    except (Refused, KeyError, TypeError, AttributeError, ValueError):
        return False  # what an old or damaged one holds is nothing to go on with
    form.made_from, form.base, form.draft, form.contents = before.number, before.draft, draft, contents
    form.kept, form.taken_up = kept, typed
    return form.changed


def _look_elsewhere(form: Form, typed: tuple[Typed, ...], latest: Draft) -> None:
    """Which other words the person typed on this page in another window; those that were saved since are no others.

    What stood here and is kept nowhere any more, since another window went on with it, is kept again.
    """
    held = None if form.kept is None else _words_of(form.kept)
    form.elsewhere = tuple(
        each
        for each in typed
        if each.window != form.window
        and each != form.taken_up
        and _words_of(each.document) not in (held, _words_of(latest.whole))
    )
    if form.kept is not None and all(_words_of(each.document) != held for each in typed):
        form.kept, form.taken_up = None, None


def _words_of(document: Mapping[str, Any]) -> tuple[Any, Any]:
    return document.get("plan"), document.get("texts")


def take_up(form: Form, detail: DesignDetail) -> None:
    """Go on with what was typed in another window; what stands on this page stays kept, as that of another."""
    keep(form)
    form.window, typed = token_hex(8), form.elsewhere[0]
    form.conflicts, form.said = (), ()
    if _go_on(form, typed, detail.revision):
        form.said = ("This is what you typed in another window. It is not saved yet.",)
    form.anew()


def keep(form: Form) -> None:
    """Keep what stands on the page, where it is not what was kept last."""
    held = {**form.draft.whole, "contents": form.contents} if form.changed else None
    if held == form.kept:
        return
    if held is None:
        design_session.drop_typed(form.design, form.page, form.window, form.taken_up)
    else:
        design_session.keep_typed(form.design, form.page, form.made_from, held, form.window, form.taken_up)
    form.kept, form.taken_up = held, None


def saved(form: Form) -> bool:
    """Save what stands on the page as the next revision; False where others' values stand against it.

    Raises:
        Refused: It cannot be kept.
    """
    contents = {digest: text.encode() for digest, text in form.contents.items()}
    try:
        revised = design_session.save(form.design, form.draft, contents, form.made_from)
    except DraftConflict as conflict:
        form.conflicts, form.against = conflict.conflicts, conflict.latest.number
        form.said = ()
        return False
    latest = revised.revision
    said = f"Saved as revision {latest.number}." if revised.new else "Nothing had changed."
    joined = (
        () if revised.joined is None else (f"{revised.joined} saved meanwhile: their changes are on this page too.",)
    )
    form.made_from, form.base, form.draft = latest.number, latest.draft, latest.draft
    form.contents, form.conflicts, form.tried, form.said = {}, (), True, (said, *joined)
    form.anew()
    keep(form)
    return True


def settle(form: Form, mine: frozenset[ChangePath]) -> bool:
    """Put the page's changes on top of what others saved: their values where both changed one, but for ``mine``.

    False where something that was typed since is against theirs too, of which nobody was asked yet: it is shown.
    """
    latest = design_session.revision(form.design, form.against)
    joined, against = join(form.base, form.draft, latest.draft, mine)
    if {each.path for each in against} - {each.path for each in form.conflicts}:
        form.conflicts = against
        return False
    form.draft = joined
    form.made_from, form.base, form.conflicts = latest.number, latest.draft, ()
    form.anew()
    return True


def refusal_to_edit(detail: DesignDetail) -> str | None:
    """Why the page may only be read, in a sentence; None where it may be changed."""
    if detail.locked:
        return "The plan is locked, and does not change. To change it, amend it."
    ended = ended_in_words(detail)
    if ended is not None:
        return ended
    refused = session.may("design")
    return None if refused is None else f"You may read this page; to change it: {refused.rule}."


def ended_in_words(detail: DesignDetail) -> str | None:
    """That a design ended without a trial, when and by whom; None where it did not. Nothing more is recorded of it."""
    for each in detail.facts.recorded:
        if each.entry.kind == "set_aside":
            return f"The design was set aside on {day(each.entry.on)} by {each.by}."
    return None


def names(document: Any, name: str) -> bool:
    """Whether any value of a document is this name."""
    if isinstance(document, Mapping):
        return any(names(value, name) for value in document.values())
    if isinstance(document, list):
        return any(names(value, name) for value in document)
    return bool(document == name)

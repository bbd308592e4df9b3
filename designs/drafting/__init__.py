"""A plan in the making: the protocol file's own shape, partly filled, with the texts that its arms are sent."""

from __future__ import annotations

from designs.drafting.changes import ABSENT, Change, Conflict, changes, merge
from designs.drafting.draft import (
    Draft,
    draft_of_file,
    draft_of_template,
    empty_draft,
    files_of,
    judge_draft,
)
from designs.drafting.joining import join
from designs.drafting.places import PROTOCOL_FILE, plain_stem
from designs.drafting.written import protocol_file

__all__ = [
    "ABSENT",
    "PROTOCOL_FILE",
    "Change",
    "Conflict",
    "Draft",
    "changes",
    "draft_of_file",
    "draft_of_template",
    "empty_draft",
    "files_of",
    "join",
    "judge_draft",
    "merge",
    "plain_stem",
    "protocol_file",
]

"""A design in words: its task list, what is missing and who clears it, what changed."""

from __future__ import annotations

from trials.reporting.designing.changes import change_lines, in_words
from trials.reporting.designing.sentences import outside_route, suitability_sentence
from trials.reporting.designing.tasks import TASKS, Task, TaskName, TaskState, condensed, task_of, tasks_of
from trials.reporting.designing.words import clears_in_words, place_in_words

__all__ = [
    "TASKS",
    "Task",
    "TaskName",
    "TaskState",
    "change_lines",
    "clears_in_words",
    "condensed",
    "in_words",
    "outside_route",
    "place_in_words",
    "suitability_sentence",
    "task_of",
    "tasks_of",
]

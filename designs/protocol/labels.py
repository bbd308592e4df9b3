"""From the labels in an external file's columns to the arms, and the saturations, of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.models import Protocol
from designs.protocol.values import Value, same_value


def arms_of_labels(protocol: Protocol, labels: Iterable[Value]) -> dict[Value, str]:
    """The arm id that each label stands for.

    An arm's label is its ``value``, or its id where it has none; numbers match numbers, so an arm with ``value: 1``
    is found under 1, ``"1"`` and ``"1.0"``.

    Args:
        protocol: Of a trial randomised elsewhere.
        labels: The distinct labels of the file, none of them missing.

    Raises:
        ProtocolRefused: Naming each label that no arm has.
    """
    label_of = {arm.id: arm.id if arm.value is None else arm.value for arm in protocol.arms}
    return _matched(label_of, labels, "arms", "an arm", "arm_column")


def saturations_of_labels(protocol: Protocol, labels: Iterable[Value]) -> dict[Value, str]:
    """The id of the saturation that each label stands for, by the same rule.

    Raises:
        ProtocolRefused: Naming each label that no saturation has.
    """
    declared = protocol.randomisation.saturations
    label_of = {level.id: level.id if level.value is None else level.value for level in declared}
    return _matched(label_of, labels, "randomisation.saturations", "a saturation", "saturation_column")


def _matched(
    label_of: Mapping[str, Value], labels: Iterable[Value], where: str, what: str, column: str
) -> dict[Value, str]:
    meant: dict[Value, str] = {}
    errors = []
    for label in labels:
        name = next((name for name, value in label_of.items() if same_value(value, label)), None)
        if name is None:
            problem = f'the file holds the label "{label}", which is not the label of {what}'
            rule = f"every label in {column} is {what}'s value, or its id where it has none"
            errors.append(ProtocolError(where, problem, rule, tuple(str(value) for value in label_of.values())))
        else:
            meant[label] = name
    if errors:
        raise ProtocolRefused(errors)
    return meant

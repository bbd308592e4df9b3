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
    return _matched(_labels_of_arms(protocol), labels, "arms", "an arm", "arm_column")


def saturations_of_labels(protocol: Protocol, labels: Iterable[Value]) -> dict[Value, str]:
    """The id of the saturation that each label stands for, by the same rule.

    Raises:
        ProtocolRefused: Naming each label that no saturation has.
    """
    label_of = _labels_of_saturations(protocol)
    return _matched(label_of, labels, "randomisation.saturations", "a saturation", "saturation_column")


def known_arms(protocol: Protocol, labels: Iterable[Value]) -> dict[Value, str]:
    """As :func:`arms_of_labels`, without the labels that no arm has."""
    return _meant(_labels_of_arms(protocol), labels)


def known_saturations(protocol: Protocol, labels: Iterable[Value]) -> dict[Value, str]:
    """As :func:`saturations_of_labels`, without the labels that no saturation has."""
    return _meant(_labels_of_saturations(protocol), labels)


def _labels_of_arms(protocol: Protocol) -> dict[str, Value]:
    return {arm.id: arm.id if arm.value is None else arm.value for arm in protocol.arms}


def _labels_of_saturations(protocol: Protocol) -> dict[str, Value]:
    declared = protocol.randomisation.saturations
    return {level.id: level.id if level.value is None else level.value for level in declared}


def _meant(label_of: Mapping[str, Value], labels: Iterable[Value]) -> dict[Value, str]:
    found = {
        label: next((name for name, value in label_of.items() if same_value(value, label)), None) for label in labels
    }
    return {label: name for label, name in found.items() if name is not None}


def _matched(
    label_of: Mapping[str, Value], labels: Iterable[Value], where: str, what: str, column: str
) -> dict[Value, str]:
    labels = list(labels)
    meant = _meant(label_of, labels)
    rule = f"every label in {column} is {what}'s value, or its id where it has none"
    allowed = tuple(str(value) for value in label_of.values())
    errors = [
        ProtocolError(where, f'the file holds the label "{label}", which is not the label of {what}', rule, allowed)
        for label in labels
        if label not in meant
    ]
    if errors:
        raise ProtocolRefused(errors)
    return meant

"""From the labels in an external file's arm column to the arms of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

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
    arm_of: dict[Value, str] = {}
    errors = []
    for label in labels:
        arm = next((arm for arm, value in label_of.items() if same_value(value, label)), None)
        if arm is None:
            problem = f'the file holds the label "{label}", which is not the label of an arm'
            rule = "every label in arm_column is an arm's value, or its id where it has none"
            errors.append(ProtocolError("arms", problem, rule, tuple(str(value) for value in label_of.values())))
        else:
            arm_of[label] = arm
    if errors:
        raise ProtocolRefused(errors)
    return arm_of

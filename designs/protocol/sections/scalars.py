"""What single values of a protocol may be, and what every section of it is: frozen, strict and closed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from designs.literals import ID_PATTERN


def union_of(expected: str) -> WrapValidator:
    """A union answers with one error of ours, at the key itself, and not with one for each of its options."""

    def validate(value: Any, options: ValidatorFunctionWrapHandler) -> Any:
        try:
            return options(value)
        except ValidationError:
            raise PydanticCustomError("union", "{expected}", {"expected": expected}) from None

    return WrapValidator(validate)


Scalar = Annotated[bool | int | float | str, union_of("text, a number, true or false")]
Code = Annotated[int | str, union_of("text or a whole number")]
Identifier = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


Codes = tuple[Scalar, ...]  # of a column: texts, numbers, true or false as a file writes them


def contradiction(problem: str, rule: str) -> PydanticCustomError:
    """What a section raises where its own keys contradict each other."""
    return PydanticCustomError("contradiction", "{problem}: {rule}", {"problem": problem, "rule": rule})


class Declared(BaseModel):
    """Frozen, strict, and closed: an unknown key or ``share: true`` is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def as_tuples(value: object) -> object:
    """JSON's lists as tuples: what a validator has touched is no longer JSON to a strict model."""
    if isinstance(value, list):
        return tuple(as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return value


class Range(Declared):
    """A figure that is not known exactly; a plain number in the file is all three."""

    low: float
    central: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _plain_number(cls, value: object) -> object:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"low": float(value), "central": float(value), "high": float(value)}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low <= self.central <= self.high:
            raise contradiction(
                f"{self.low:g}, {self.central:g} and {self.high:g} are not in ascending order",
                "low, central and high are in ascending order",
            )
        return self


ZERO = Range(low=0.0, central=0.0, high=0.0)

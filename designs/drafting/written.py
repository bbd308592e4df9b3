"""A draft as the file that it is: YAML that the protocol's own reader takes back, value for value."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from designs.protocol.models import Protocol

_WIDTH: Final = 110
_ORDER: Final = tuple(field.alias or name for name, field in Protocol.model_fields.items())


class _Representer(SafeRepresenter):
    """Text is quoted wherever a reader of YAML 1.1 or 1.2 could take it for something else; nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_text(self, data: str) -> Any:
        plain = data.isidentifier() and data.casefold() not in _WORDS
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if plain else '"')


_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_Representer.add_representer(str, _Representer.represent_text)


def protocol_file(document: Mapping[str, Any]) -> bytes:
    """The YAML of a document, in the order of the protocol's keys; what it knows no key for comes last.

    Args:
        document: Plain values: text, numbers, true or false, None, lists and mappings.

    Examples:
        >>> print(protocol_file({"title": "NO", "schema": 1, "arms": [{"id": "nfa", "share": 1.5}]}).decode())
        schema: 1
        title: "NO"
        arms:
        - id: nfa
          share: 1.5
        <BLANKLINE>
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = _WIDTH
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    first = {key: document[key] for key in _ORDER if key in document}
    stream = io.BytesIO()
    yaml.dump({**first, **{key: value for key, value in document.items() if key not in first}}, stream)
    return stream.getvalue()

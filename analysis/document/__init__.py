"""An evaluation as one JSON object, and back: what is stored, published, and read for ever."""

from analysis.document.current import from_document, json_schema, to_document
from analysis.document.upgrades import UPGRADES

__all__ = ["UPGRADES", "from_document", "json_schema", "to_document"]

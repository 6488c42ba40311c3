"""The few words that rendering adds to a text, in the reader's language."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Words:
    copy: str = "Copy"
    table: str = "Table"
    image: str = "Image"
    done: str = "Done"
    to_do: str = "To do"
    note: str = "Note"
    tip: str = "Tip"
    important: str = "Important"
    warning: str = "Warning"
    caution: str = "Caution"

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Words":
        return cls(**json.loads(text))

"""What is stored of a run at the border between two rounds: enough for any generator to go on with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from agents.services.loop import RunState


@dataclass(frozen=True, slots=True)
class Brief:
    """What a subrun was begun with: the call in its parent, its name for people, and all that its model is told."""

    call_id: str
    name: str
    prompt: str
    background: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`border` counts the borders of the run, `claims` how often a generator took it up since the first one.

    `brief` is a subrun's.
    """

    state: RunState
    border: int = 0
    claims: int = 0
    brief: Brief | None = None

    def to_json(self) -> dict[str, Any]:
        row = asdict(self) | {"state": self.state.to_json()}
        if self.brief is None:
            del row["brief"]
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Checkpoint":
        """Inverse of `to_json`. Raises `KeyError`, `TypeError` for what another release has written."""
        brief = Brief(**row["brief"]) if row.get("brief") else None
        return cls(**{**row, "state": RunState.from_json(row["state"]), "brief": brief})


def brief_of(checkpoint: Mapping[str, Any] | None) -> Brief | None:
    """Return the brief in the JSON of a checkpoint, None where the run is no subrun."""
    return Brief(**checkpoint["brief"]) if checkpoint and checkpoint.get("brief") else None


@dataclass(frozen=True, slots=True)
class SubrunResult:
    """The body of an inbox item of the kind `result`. `state` is a `messages.parts.Subrun`'s."""

    call_id: str
    run_id: str
    name: str
    state: str
    text: str
    background: bool = False

    @classmethod
    def of(cls, run_id: UUID, brief: Brief, *, state: str, text: str) -> "SubrunResult":
        return cls(brief.call_id, str(run_id), brief.name, state, text, brief.background)

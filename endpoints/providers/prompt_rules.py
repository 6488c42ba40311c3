"""What a provider takes in the messages of a prompt. Every wire says it for a request; `endpoints.services.adaptation`
makes the prompt so. The defaults are what most take."""

import re
from dataclasses import dataclass
from typing import Final, Literal

PICTURES: Final = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class CallIds:
    """How the id of a call may be written."""

    shortest: int = 1
    longest: int = 64
    signs: str = "_-"  # beside letters and digits

    def allow(self, call_id: str) -> bool:
        return bool(re.fullmatch(rf"[a-zA-Z0-9{self.signs}]{{{self.shortest},{self.longest}}}", call_id))


@dataclass(frozen=True, slots=True)
class PromptRules:
    """`thoughts` says which unsigned thoughts of earlier messages are sent:

    * ``none``
    * ``run``: those since the person last said something
    * ``calls``: those of every turn in which a tool was called, and of all turns where the request has tools. Messages
      without any get empty ones, because the provider refuses a message that does not have the field.
    * ``all``
    """

    call_ids: CallIds = CallIds()
    takes_signatures: bool = False  # of thoughts, if it has made them
    thoughts: Literal["none", "run", "calls", "all"] = "none"
    calls_without_tools: bool = True  # it takes earlier calls in a request that has no tools
    marks_failures: bool = False  # a result can say that the call has failed
    pictures: frozenset[str] = PICTURES  # the types of those that it reads, for a model that sees
    pictures_in_results: bool = False
    recordings: frozenset[str] = frozenset()  # the types of those that a person may send
    person_after_results: bool = True  # a person may speak before the model has answered to the results of its calls

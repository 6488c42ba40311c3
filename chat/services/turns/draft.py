"""A draft, and the turn that it started."""

from dataclasses import dataclass
from uuid import UUID

from chat.models import Conversation, Message, Run
from chat.services.model_settings import ModelSettings
from chat.services.quotes import Quote


@dataclass(frozen=True, slots=True)
class Shown:
    """How a client shows the conversation. None: as before; an icon is forgotten with the model it stood for."""

    icon_url: str | None = None
    greeting: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person sends. `parent_id` is the message it answers; None starts a new root.

    `message_id` and `client_request_id` are the client's own: the first names the user message, the second
    makes a repeated request return the run of the first. `is_counted` says that limits have counted it already.
    """

    text: str
    endpoint: str = ""
    model: str = ""
    spec: str = ""  # of a model spec, which the two above may be left to
    parent_id: UUID | None = None
    settings: ModelSettings | None = None  # None: as the conversation has them
    quotes: tuple[Quote, ...] = ()
    shown: Shown = Shown()
    project_id: UUID | None = None  # of a new conversation
    message_id: UUID | None = None
    reply_id: UUID | None = None
    client_request_id: str | None = None
    is_counted: bool = False


@dataclass(slots=True, kw_only=True)
class StartedTurn:
    """A run that was queued, with the rows it writes to. `repeated`: an earlier request had started it.

    `is_only`: neither message has siblings, as far as is known without asking; storing a new turn finds it out.
    """

    conversation: Conversation
    user_message: Message
    reply: Message
    run: Run
    is_new: bool = False
    is_only: bool = False
    repeated: bool = False

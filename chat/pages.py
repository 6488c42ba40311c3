"""What the chat pages show beside the messages: the model in use, the model menu."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation, Project
from chat.presenters import Branch, MessageView, present_branch
from chat.services import tree
from endpoints import keys, registry
from endpoints.adapters.base import Endpoint
from endpoints.config import Fault
from endpoints.offer import offer_for
from endpoints.windows import window_of

NOTHING = Branch(messages=[], has_earlier=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that the next message goes to. `available` is False when it is no longer configured."""

    endpoint: str
    endpoint_label: str
    model: str
    label: str
    available: bool = True
    takes_key: bool = False  # each person brings a key of their own


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """One endpoint of the model menu."""

    label: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class ContextUse:
    """How much of the model's window the conversation on view fills, in tokens."""

    prompt: int
    reply: int
    window: int

    @property
    def used(self) -> int:
        return min(self.prompt + self.reply, self.window)

    @property
    def percent(self) -> int:
        return max(1, round(100 * self.used / self.window))

    @property
    def free(self) -> int:
        return self.window - self.used


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Everything `chat/main.html` shows."""

    conversation: Conversation | None
    branch: Branch
    choice: Choice | None
    only_local: bool
    config_faults: tuple[Fault, ...] = ()  # why the file of models as it is now is not in use, for administrators
    key_words: str = ""  # why the model cannot be used without a key of the person's
    text: str = ""
    error: str = ""
    error_link: str = ""
    error_link_words: str = ""
    submits: bool = False  # the page sends `text` by itself
    project: Project | None = None  # what a new conversation will be filed under
    projects: tuple[Project, ...] = ()  # to choose from, where there is a project to leave
    settings: str = ""  # the model's parameters for the next message, as JSON; empty: as the conversation has them
    quotes: tuple[dict[str, str], ...] = ()  # `text` and `message_id` of what the refused message quoted

    @property
    def starters(self) -> list[str]:
        """Ideas for a new chat; choosing one sends it."""
        return [
            _("Explain how a vaccine works, in plain words"),
            _("Plan a quick dinner from what most kitchens have"),
            _("Write a friendly reminder to a customer who pays late"),
            _("Suggest three names for a small grey cat"),
        ]

    @property
    def greeting(self) -> str:
        """Words for the time of day, as the person's clock has it."""
        hour = timezone.localtime().hour
        if 5 <= hour < 12:
            return _("Good morning")
        return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")

    @property
    def leaf_id(self) -> UUID | None:
        """The message that the next one answers."""
        return self.branch.leaf_id or (self.last.id if self.last else None)

    @property
    def last(self) -> MessageView | None:
        return self.branch.messages[-1] if self.branch.messages else None

    @property
    def context_use(self) -> ContextUse | None:
        """What the last reply and its prompt fill of the window of the model in use; None before a provider said."""
        reply = next((each for each in reversed(self.branch.messages) if each.prompt_tokens), None)
        endpoint = registry.current().get(self.choice.endpoint) if self.choice else None
        if reply is None or endpoint is None or self.choice is None or self.conversation is None:
            return None
        model = self.choice.model
        window = self.conversation.settings.get("maxContextTokens") or window_of(endpoint.for_model(model), model)
        return ContextUse(reply.prompt_tokens, reply.reply_tokens, window)

    @property
    def running(self) -> MessageView | None:
        """The reply that is being written, if one on view is."""
        return next((each for each in reversed(self.branch.messages) if each.generation_id), None)


def chat_page(
    *,
    conversation: Conversation | None,
    branch: Branch = NOTHING,
    wanted: tuple[str, str] | None = None,
    text: str = "",
    error: str = "",
    error_link: str = "",
    error_link_words: str = "",
    quotes: tuple[dict[str, str], ...] = (),
    submits: bool = False,
    project: Project | None = None,
    projects: tuple[Project, ...] = (),
    settings: str = "",
    user: User,
) -> ChatPage:
    """Return the page of `user`'s conversation, or of a new one. `wanted` is the endpoint and model to offer first."""
    if conversation is not None and wanted is None:
        wanted = (conversation.endpoint, conversation.model)
    choice = choice_of(wanted, user)
    return ChatPage(
        conversation=conversation,
        branch=branch,
        choice=choice,
        key_words=_key_words(choice, user),
        only_local=registry.current().only_local,
        config_faults=registry.faults() if user.is_admin else (),
        text=text,
        error=error,
        error_link=error_link,
        error_link_words=error_link_words,
        quotes=quotes,
        submits=submits,
        project=conversation.project if conversation is not None and conversation.project_id else project,
        projects=projects,
        settings=settings,
    )


def choice_of(wanted: tuple[str, str] | None, user: User) -> Choice | None:
    """Return the wanted model, kept although it is gone, else the default one; None when there is no model at all."""
    models = offer_for(user)
    if wanted is not None and wanted[0]:
        name, model = wanted
        endpoint = models.get(name)
        if endpoint is not None:
            return _choice(endpoint, model, available=models.allows(name, model))
        return Choice(endpoint=name, endpoint_label=name, model=model, label=model, available=False)
    default = models.default()
    return _choice(*default) if default else None


def _key_words(choice: Choice | None, user: User) -> str:
    endpoint = registry.current().get(choice.endpoint) if choice and choice.takes_key else None
    problem = keys.problem_of(endpoint, user.id) if endpoint else None
    return problem.message if problem else ""


def model_groups(user: User) -> list[ModelGroup]:
    """Return every model a person may choose, by endpoint."""
    models = offer_for(user)
    return [
        ModelGroup(endpoint.label, [_choice(endpoint, model) for model in models.models(endpoint.name)])
        for endpoint in models.endpoints
    ]


def _choice(endpoint: Endpoint, model: str, *, available: bool = True) -> Choice:
    return Choice(
        endpoint=endpoint.name,
        endpoint_label=endpoint.label,
        model=model,
        label=model,
        available=available,
        takes_key=keys.needs_key(endpoint),
    )


def branch_down_to(conversation: Conversation, message_id: UUID) -> Branch:
    """Return the end of the branch on view, far enough up that it holds the message."""
    path = tree.path_ids(conversation.id)
    distance = len(path) - path.index(message_id) + 1 if message_id in path else 0
    return present_branch(conversation, limit=min(max(tree.SCREENFUL, distance), tree.FARTHEST))


def is_offered(user: User, endpoint: str, model: str) -> bool:
    """Whether this person can send a message to this model now."""
    return offer_for(user).allows(endpoint, model)

"""The context of the chat pages besides the messages: the current model and the model menu."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation, Project, QueuedTurn
from chat.services.model_settings import asked_with
from chat.services.tree import tree
from chat.services.turns import queued_turns
from endpoints.catalog import keys, registry
from endpoints.catalog.facts import facts
from endpoints.catalog.selection import ModelRef, catalog_for
from siteconfig import live
from siteconfig.configuration import Fault
from web.model_menu import ModelOption, model_option_of
from web.presenters import Branch, MessageView, present_branch

NOTHING = Branch(messages=[], has_earlier=False)


@dataclass(frozen=True, slots=True)
class ContextUse:
    """How much of the model's window the conversation on view fills, in tokens."""

    prompt: int
    reply: int
    window: int
    window_source: str  # who says so

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
    choice: ModelOption | None
    only_local: bool
    may_choose: bool = True  # among models or specs
    may_set: bool = True  # parameters of the model
    config_faults: tuple[Fault, ...] = ()  # why the file of models as it is now is not in use, for administrators
    key_problem: str = ""  # why the model cannot be used without a key of the person's
    text: str = ""
    error: str = ""
    error_link: str = ""
    error_link_label: str = ""
    submits: bool = False  # the page sends `text` by itself
    project: Project | None = None  # what a new conversation will be filed under
    projects: tuple[Project, ...] = ()  # to choose from, where there is a project to leave
    settings: str = ""  # the model's parameters for the next message, as JSON; empty: as the conversation has them
    quotes: tuple[dict[str, str], ...] = ()  # `text` and `message_id` of what the refused message quoted

    @property
    def queue(self) -> Sequence[QueuedTurn]:
        """The messages that wait for a reply to end. No query where `access` has seen that there are none."""
        if self.conversation is None or not getattr(self.conversation, "has_queue", True):
            return ()
        return queued_turns.waiting_in(self.conversation.id)

    @property
    def starters(self) -> list[str]:
        """Ideas for a new chat; choosing one sends it. A model spec has its own, or none."""
        if self.choice and self.choice.spec:
            return list(self.choice.starters)
        return [
            _("Explain how a vaccine works, in plain words"),
            _("Plan a quick dinner with everyday ingredients"),
            _("Write a friendly reminder to a customer who's late paying"),
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
    def model_query(self) -> str:
        """The model in use, as the query of an address."""
        chosen = self.choice
        if chosen is None:
            return ""
        return "?" + urlencode({"endpoint": chosen.endpoint, "model": chosen.model, "spec": chosen.spec})

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
        reply = next((message for message in reversed(self.branch.messages) if message.prompt_tokens), None)
        endpoint = registry.current().get(self.choice.endpoint) if self.choice else None
        if reply is None or endpoint is None or self.choice is None or self.conversation is None:
            return None
        model = self.choice.model
        chosen = asked_with(self.conversation.spec, self.conversation.settings)
        own = chosen and chosen.get("maxContextTokens")
        known = facts(endpoint.for_model(model), model)
        source = _("set by you") if own else known.window_text
        return ContextUse(reply.prompt_tokens, reply.reply_tokens, own or known.window, source)

    @property
    def running(self) -> MessageView | None:
        """The reply that is being written, if one on view is."""
        return next((message for message in reversed(self.branch.messages) if message.run_id), None)


def chat_page(
    *,
    conversation: Conversation | None,
    branch: Branch = NOTHING,
    wanted: ModelRef | None = None,
    text: str = "",
    error: str = "",
    error_link: str = "",
    error_link_label: str = "",
    quotes: tuple[dict[str, str], ...] = (),
    submits: bool = False,
    project: Project | None = None,
    projects: tuple[Project, ...] = (),
    settings: str = "",
    user: User,
) -> ChatPage:
    """Return the page of `user`'s conversation, or of a new one. `wanted` is what to offer first."""
    if conversation is not None and wanted is None:
        wanted = ModelRef(conversation.endpoint, conversation.model, conversation.spec)
    choice, catalog = model_option_of(wanted, user), catalog_for(user)
    return ChatPage(
        conversation=conversation,
        branch=branch,
        choice=choice,
        key_problem=_key_problem(choice, user),
        may_choose=catalog.selects_models or bool(catalog.specs),
        may_set=catalog.sets_parameters,
        only_local=registry.current().only_local,
        config_faults=live.faults() if user.is_admin else (),
        text=text,
        error=error,
        error_link=error_link,
        error_link_label=error_link_label,
        quotes=quotes,
        submits=submits,
        project=conversation.project if conversation is not None and conversation.project_id else project,
        projects=projects,
        settings=settings,
    )


def _key_problem(choice: ModelOption | None, user: User) -> str:
    endpoint = registry.current().get(choice.endpoint) if choice and choice.takes_key else None
    problem = keys.problem_of(endpoint, user.id) if endpoint else None
    return problem.message if problem else ""


def branch_down_to(conversation: Conversation, message_id: UUID) -> Branch:
    """Return the end of the branch on view, far enough up that it holds the message."""
    path = tree.path_ids(conversation.id)
    distance = len(path) - path.index(message_id) + 1 if message_id in path else 0
    return present_branch(conversation, limit=min(max(tree.MESSAGES_PER_PAGE, distance), tree.FARTHEST))

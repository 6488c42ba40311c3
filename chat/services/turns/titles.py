"""Generating a conversation's title after its first message."""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, count
from typing import TypeVar
from uuid import UUID

from asgiref.sync import async_to_sync, sync_to_async
from celery import current_app
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import Hold
from billing.services import holds, policy
from billing.services.payer import Payer
from chat import access
from chat.models import Conversation, Message, Run
from chat.services.notices import notify
from chat.services.refusal import TurnRefused
from chat.services.turns.title_text import clean_title
from core import rate_limits
from core.ids import uuid7
from endpoints.catalog import keys, registry
from endpoints.catalog.prices import UnknownPrice
from endpoints.parameters.least_thinking import least_thinking
from endpoints.providers.base import Caller, Endpoint, ModelRequest, PromptMessage, Titles
from endpoints.services.callers import caller_of
from endpoints.services.metered import MeteredModel
from endpoints.services.model_calls import Model, complete
from endpoints.services.placeholders import uses_caller_placeholders
from endpoints.services.structured import complete_object
from messages.events import Failed

T = TypeVar("T")
log = logging.getLogger(__name__)

QUESTION_CHARACTERS = 2_000
TITLE_TOKENS = 24
SECONDS = 60  # that a title may take; a model that is slower gives none
STRUCTURED_TOKENS = 96  # the same as JSON, or as a tool call
THINKING_TOKENS = 1_000  # more, of a model that may think before it: thoughts are part of the reply
PROMPT = (
    "Write a title for the conversation that begins as below. "
    "Use its language, three to six words, no quotation marks and no full stop. Answer with the title only.\n\n{convo}"
)
TEMPLATE = "User: {input}\nAI: {output}"
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string", "description": "Three to six words, in the conversation's language."}},
    "required": ["title"],
    "additionalProperties": False,
}


def write_title(conversation_id: UUID) -> str:
    """Ask the endpoint's title model for a title and store it; return the title the conversation now has.

    Leaves alone what a person named, or a model already did: a repeated task changes nothing. When the model
    has nothing usable to say, the first words stay.
    """
    unnamed = Conversation.objects.filter(id=conversation_id, titled_by=Conversation.TitledBy.WORDS)
    conversation = unnamed.first()
    if conversation is None:
        return ""
    question = _first_question(conversation.id)
    if question is None:
        return conversation.title
    title = _ask(conversation, question) or conversation.title
    # Also when the first words stay: whoever waits for a title has it now.
    if unnamed.update(title=title, titled_by=Conversation.TitledBy.MODEL):
        notify(conversation.owner_id, "title", {"conversation": str(conversation.id), "title": title})
    return title


def _first_question(conversation_id: UUID) -> Message | None:
    """Return what the conversation began with; the earliest question that is left, where that was deleted."""
    asked = Message.objects.filter(conversation=conversation_id, author=Message.Author.USER)
    return asked.exclude(state=Message.State.DELETED).order_by("created_at").first()


def ask_again(*, user: User, conversation_id: UUID) -> None:
    """Have the title written anew, in the background; a notice brings it. Raises a `Refusal`, `Http404`."""
    conversation = access.conversation_for(user, conversation_id)
    endpoint = registry.current().get(conversation.endpoint)
    if endpoint is None or not endpoint.titles.wanted:
        message = _("“%(endpoint)s” has no model for titles. Rename the chat yourself.")
        raise TurnRefused(message % {"endpoint": conversation.endpoint}, status=409, code="no_titles")
    if policy.current().enforced and holds.available(user_id=user.id) <= 0:
        raise holds.NoCredit
    rate_limits.count(rate_limits.named("title"), str(user.id))
    key = f"title:{conversation.id}:{uuid7()}"
    transaction.on_commit(lambda: current_app.send_task("chat.tasks.rewrite_title", [str(conversation.id), key]))


def rewrite_title(conversation_id: UUID, key: str) -> str:
    """Ask for a title again and store it, whoever gave the one before; return the title the conversation now has.

    `key` makes a repeated task charge once. When the model has nothing usable to say, the old title stays, and the
    person's tabs are told.
    """
    conversation = Conversation.objects.filter(id=conversation_id, deleted_at=None).first()
    question = _first_question(conversation_id)
    if conversation is None or question is None:
        return ""
    try:
        title = _ask(conversation, question, key=key)
    except Exception:
        log.exception("the new title of %s failed", conversation.id)
        title = ""
    if not title:
        message = _("The model didn't return a usable title, so the old one was kept.")
        notify(conversation.owner_id, "toast", {"message": message})
        return conversation.title
    # A name that the person gave meanwhile is newer than the question.
    unchanged = Conversation.objects.filter(id=conversation.id, title=conversation.title)
    if not unchanged.update(title=title, titled_by=Conversation.TitledBy.MODEL):
        return Conversation.objects.values_list("title", flat=True).get(id=conversation.id)
    notify(conversation.owner_id, "title", {"conversation": str(conversation.id), "title": title})
    return title


def _ask(conversation: Conversation, question: Message, *, key: str = "") -> str:
    """Return the title that a model gives the conversation, or an empty string. Whoever owns it pays the call."""
    known = registry.current()
    endpoint = known.get(conversation.endpoint)
    if endpoint is None or not endpoint.titles.wanted:
        return ""
    titles = endpoint.titles
    if titles.endpoint and (other := known.get(titles.endpoint)):
        endpoint = other
    elif titles.endpoint:
        log.warning("titles of %s: there is no endpoint %s", endpoint.name, titles.endpoint)
    tokens = TITLE_TOKENS if titles.method == "completion" else STRUCTURED_TOKENS
    model = conversation.model if titles.model in {"", "current_model"} else titles.model
    quiet = least_thinking(endpoint.for_model(model), model)
    request = ModelRequest(
        endpoint=endpoint,
        model=model,
        messages=[PromptMessage.of(titles.role, _prompt(titles, question))],
        params=quiet.params,
        max_tokens=tokens + (THINKING_TOKENS if quiet.may_think else 0),
        user_id=str(conversation.owner_id),
        stream=False,
        caller=_caller(conversation, endpoint, question),
    )
    try:
        request = replace(request, endpoint=keys.resolve(endpoint, conversation.owner_id))
        text, failed = _paid(conversation, request, titles, key=key or f"title:{conversation.id}")
    except keys.KeyProblem as problem:
        log.info("no title for %s: %s", conversation.id, problem.code)
        return ""
    except (holds.NoCredit, holds.OverBudget, UnknownPrice):
        log.info("no title for %s: it cannot be paid", conversation.id)
        return ""
    if failed is not None:
        log.warning("no title for %s: %s %s", conversation.id, failed.code, failed.detail[:200])
        return ""
    return clean_title(text)


def _prompt(titles: Titles, question: Message) -> str:
    """Return what the model is asked, with the conversation as far as it goes at the time that the endpoint names."""
    said = {"input": question.text[:QUESTION_CHARACTERS], "output": ""}
    if titles.timing == "final":
        reply = Message.objects.filter(parent=question).order_by("created_at").first()
        said["output"] = reply.text[:QUESTION_CHARACTERS] if reply else ""
    template = titles.template or (TEMPLATE if said["output"] else "{input}")
    # In one pass: what a person or a model writes is no placeholder.
    convo = re.sub(r"\{(input|output)\}", lambda match: said[match[1]], template)
    return (titles.prompt or PROMPT).replace("{convo}", convo)


def _paid(conversation: Conversation, request: ModelRequest, titles: Titles, *, key: str) -> tuple[str, Failed | None]:
    """Return what the model wrote and why it failed, having charged it to the conversation's owner.

    Raises `NoCredit`, `OverBudget`, `UnknownPrice`.
    """
    owner = conversation.owner
    payer = Payer(
        user_id=owner.id, role=owner.role_name, key_id=_begun_with(conversation), conversation_id=conversation.id
    )
    keys_of_calls = chain([key], (f"{key}:{number}" for number in count(1)))
    model = MeteredModel(payer, "title", keys_of_calls, _in_this_thread)
    return async_to_sync(_written)(request, titles, model)


async def _in_this_thread(work: Callable[[], T]) -> T:
    """Do database work in the task's own thread, on its own connection."""
    return await sync_to_async(work)()


async def _written(request: ModelRequest, titles: Titles, model: Model) -> tuple[str, Failed | None]:
    try:
        async with asyncio.timeout(SECONDS):
            return await _answer(request, titles, model)
    except TimeoutError:
        return "", Failed("timeout", f"no title within {SECONDS} s")


async def _answer(request: ModelRequest, titles: Titles, model: Model) -> tuple[str, Failed | None]:
    """Return the title as the model wrote it. A model that cannot write JSON is asked for text instead.

    One that refuses to be asked for few thoughts is asked without a word about them.
    """
    if titles.method == "completion":
        text, _usage, failed = await complete(request, model=model)
        if failed is None or failed.code != "bad_request" or not request.params:
            return text, failed
    else:
        answer, _usage, failed = await complete_object(request, name="title", schema=SCHEMA, model=model)
        title = answer.get("title") if answer else None
        if isinstance(title, str) and title:
            return title, failed
        if failed is not None and failed.code != "bad_request":
            return "", failed
    text, _usage, failed = await complete(replace(request, params={}), model=model)
    return text, failed


def _begun_with(conversation: Conversation) -> UUID | None:
    """Return the API key that the conversation was begun with, whose budgets pay for its title too."""
    runs = Run.objects.filter(conversation=conversation).order_by("id")[:1]
    return Hold.objects.filter(id__in=runs.values("hold_id")).values_list("key_id", flat=True).first()


def _caller(conversation: Conversation, endpoint: Endpoint, question: Message) -> Caller:
    if not uses_caller_placeholders(endpoint):
        return Caller()
    return caller_of(
        conversation.owner,
        conversation_id=str(conversation.id),
        message_id=str(question.id),
        parent_id=str(question.parent_id or UUID(int=0)),
    )

"""Our answers read, and our routes asked, by the client that LibreChat publishes.

Needs Node and two packages in a folder outside of this repository; without them every test here is skipped and says how
to get them. With `typescript` there, too, answers are held against the types that have no schema.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import User
from accounts.services import banners
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api, read_stream

FOLDER = os.environ.get("PUBLISHED_CLIENT", "")
HOW = (
    "the published client is not here: npm install --ignore-scripts --prefix ../client "
    "librechat-data-provider@0.8.524 zod typescript@5, then PUBLISHED_CLIENT=../client/node_modules"
)
HERE = bool(shutil.which("node") and FOLDER and (Path(FOLDER) / "librechat-data-provider").is_dir())
pytestmark = [
    pytest.mark.wire,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("somewhere", "stream_threads"),
    pytest.mark.skipif(not HERE, reason=HOW),
]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ROOT = "00000000-0000-0000-0000-000000000000"
SCRIPT = Path(__file__).with_name("published_client.mjs")


def asked(*questions: tuple[str, str, Any]) -> dict[str, Any]:
    """Return what the client made of each (name, kind, value). Fails with all it did not like."""
    sent = json.dumps([{"name": name, "kind": kind, "value": value} for name, kind, value in questions])
    run = subprocess.run(
        [shutil.which("node") or "node", str(SCRIPT), FOLDER], input=sent, capture_output=True, text=True, check=True
    )
    answers = json.loads(run.stdout)
    assert {answer["name"]: answer["faults"] for answer in answers if answer["faults"]} == {}
    return {answer["name"]: answer["value"] for answer in answers}


def named_by_type(conversation: dict[str, Any]) -> dict[str, Any]:
    """The schema knows the built-in endpoints only; of others it reads the type in the name's place."""
    return conversation | {"endpoint": conversation.get("endpointType", conversation["endpoint"])}


@pytest.fixture
def full_chat(owner: User, make_conversation: Make, make_turn: Turn) -> Conversation:
    chat = make_conversation(
        owner, settings={"temperature": 0.5, "promptPrefix": "Be kind", "stop": ["END"]}, icon_url="/cat.png"
    )
    first = make_turn(
        chat, parts=[{"type": "think", "think": "Hm"}, {"type": "text", "text": "Because."},
                      {"type": "tool_call", "tool_call": {"id": "1", "name": "add", "args": "{}", "type": "tool_call",
                                                          "output": "2", "progress": 1}}],
    )  # fmt: skip
    make_turn(chat, parent=first.message, state="failed", parts=[{"type": "error", "code": "rate_limit"}], reply="")
    Message.objects.filter(id=first.message_id).update(feedback={"rating": "thumbsUp", "tag": "accurate_reliable"})
    return chat


def test_conversations_and_messages(owner: User, full_chat: Conversation) -> None:
    api = Api(owner)
    made = api.post("/api/convos/duplicate", {"conversationId": str(full_chat.id)}).json()
    whole = api.get(f"/api/convos/{full_chat.id}").json()
    rows = api.get(f"/api/messages/{full_chat.id}").json()
    read = asked(
        ("conversation", "schema:tConversationSchema", named_by_type(whole)),
        ("parsed", "convo", whole),
        ("copy", "schema:tConversationSchema", named_by_type(made["conversation"])),
        ("messages", "schemas:tMessageSchema", rows),
        ("page", "schemas:tMessageSchema", api.get(f"/api/messages?conversationId={full_chat.id}").json()["messages"]),
        ("found", "schemas:tMessageSchema", api.get("/api/messages?search=because").json()["messages"]),
        ("copied", "schemas:tMessageSchema", made["messages"]),
        ("feedback", "schema:feedbackSchema", rows[1]["feedback"]),
    )
    kept = read["parsed"]["full"]
    assert (kept["temperature"], kept["promptPrefix"], kept["iconURL"]) == (0.5, "Be kind", "/cat.png")
    assert read["parsed"]["compact"]["model"] == "tiny"
    assert len(read["messages"]) == 4


def test_small_things(owner: User, admin_user: User, full_chat: Conversation) -> None:
    api = Api(owner)
    api.post("/api/tags", {"tag": "Cats", "conversationId": str(full_chat.id), "addToConversation": True})
    banners.show(actor=None, message="Hello", public=True, until=timezone.now() + timedelta(days=1))
    config = api.get("/api/config").json()
    admin = Api(admin_user)
    asked(
        ("tags", "schemas:tConversationTagSchema", api.get("/api/tags").json()),
        ("banner", "schema:tBannerSchema", api.get("/api/banner").json()),
        ("interface", "schema:interfaceSchema", config["interface"]),
        ("balance", "schema:balanceSchema", config["balance"]),
        ("role", "schema:roleSchema", api.get("/api/roles/USER").json()),
        ("permissions", "schema:permissionsSchema", api.get("/api/roles/USER").json()["permissions"]),
        ("administrator", "schema:roleSchema", admin.get("/api/roles/ADMIN").json()),
        ("waiting", "schema:listAgentQueuedTurnsResponseSchema", api.get("/api/agents/chat/queued-turns").json()),
    )


async def test_streams(owner: User, full_chat: Conversation) -> None:
    await sync_to_async(Run.objects.filter(conversation=full_chat, state="failed").delete)()
    frames = [payload for _, payload in await read_stream(f"/api/agents/chat/stream/{full_chat.id}", owner)]
    final = frames[-1]
    await sync_to_async(asked)(
        ("asked", "schema:tMessageSchema", frames[0]["message"]),
        ("request", "schema:tMessageSchema", final["requestMessage"]),
        ("response", "schema:tMessageSchema", final["responseMessage"]),
        ("conversation", "convo", final["conversation"]),
    )


def submission(chat: dict[str, Any], parent: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Return what the web client gives to `createPayload`, around the row of a message as it read it."""
    message = {
        **(parent or {}), "text": "And then?", "sender": "User", "isCreatedByUser": True, "messageId":
        "6b0b5d5c-5f0e-4a5c-9f6e-3d6a0c1f7a11", "parentMessageId": parent["messageId"] if parent else ROOT,
        "conversationId": chat["conversationId"], "clientTimestamp": "2026-01-31T12:00:00", "error": False,
        "children": [], "depth": 1, "siblingIndex": 0,
    }  # fmt: skip
    option = {
        "endpoint": "Somewhere", "endpointType": "custom", "model": "tiny", "modelDisplayLabel": "Some Model",
        "key": "never", "iconURL": "/cat.png", "greeting": "", "spec": None, "overrideConvoId": None,
    }  # fmt: skip
    return {
        "userMessage": message, "endpointOption": option, "conversation": chat, "isTemporary": False, "isEdited": False,
        "isContinued": False, "isRegenerate": False, "editedContent": None, "addedConvo": None,
        "ephemeralAgent": {"mcp": [], "web_search": False, "artifacts": ""}, "manualSkills": [], **more,
    }  # fmt: skip


def test_what_it_sends_starts_a_chat_and_goes_on_with_it(owner: User) -> None:
    api = Api(owner)
    new = {"conversationId": "new", "endpoint": "Somewhere", "endpointType": "custom", "title": "New Chat",
           "createdAt": "", "updatedAt": ""}  # fmt: skip
    begin = asked(("payload", "payload", submission(new, None, clientRequestId="1")))["payload"]
    assert begin["server"].endswith("/api/agents/chat/Somewhere")
    body = begin["payload"] | {"messageId": "6b0b5d5c-5f0e-4a5c-9f6e-3d6a0c1f7a10"}
    started = api.post("/api/agents/chat/Somewhere", body)
    assert started.status_code == 200, started.content
    chat = api.get(f"/api/convos/{started.json()['conversationId']}").json()
    assert (chat["iconURL"], chat["endpointType"]) == ("/cat.png", "custom")
    Message.objects.filter(conversation_id=chat["conversationId"], author="assistant").update(
        state="complete", text="A"
    )
    Run.objects.update(state="done")
    reply = api.get(f"/api/messages?conversationId={chat['conversationId']}").json()["messages"][0]
    following = asked(("payload", "payload", submission(chat, reply)))["payload"]["payload"]
    again = api.post("/api/agents/chat/Somewhere", following)
    assert again.status_code == 200, again.content
    assert Message.objects.filter(conversation_id=chat["conversationId"]).count() == 4


# Where the published type is narrower than what LibreChat itself answers, the field is let out.
TYPES = {
    "/api/config": "Texts<Omit<t.TStartupConfig, 'balance'>> & { balance?: object }",
    "/api/models": "t.TModelsConfig",
    "/api/user": "Omit<t.TUser, 'avatar'> & { avatar: string | null } & More",
    "/api/endpoints": "Texts<t.TEndpointsConfig>",
    "/api/projects": "t.ProjectListResponse",
    "/api/balance": "Texts<t.TBalanceResponse> & { user: string }",
    "/api/user/terms": "t.TUserTermsResponse",
    "/api/convos": "{ conversations: (Texts<t.ConversationListResponse['conversations'][number]> & More)[];"
    " nextCursor: string | null }",
    "/api/user/settings/favorites": "t.TUserFavorite[]",
}
_AS_TEXTS = """
import type * as t from "librechat-data-provider";
type More = { [name: string]: unknown };
type Texts<T> = T extends string ? (string extends T ? T : `${T}` | T) : T extends (infer E)[] ? Texts<E>[]
  : T extends object ? { [K in keyof T]: Texts<T[K]> } : T;
"""


@pytest.mark.skipif(not (Path(FOLDER) / "typescript").is_dir(), reason=HOW)
def test_answers_are_of_the_published_types(
    owner: User, full_chat: Conversation, tmp_path: Path, settings: Any
) -> None:
    """Enumerations are texts on the wire, so they are compared as texts; all else must fit as it is."""
    settings.BALANCE_ENABLED = True
    api = Api(owner)
    api.post("/api/projects", {"name": "Mine"})
    api.post("/api/user/settings/favorites", {"favorites": [{"model": "tiny", "endpoint": "Somewhere"}]})
    lines = [_AS_TEXTS]
    for number, (path, kind) in enumerate(TYPES.items()):
        value = api.get(path).json()
        if path == "/api/convos":
            value["conversations"] = [row | {"endpoint": "custom"} for row in value["conversations"]]
        lines.append(f"export const a{number}: {kind} = {json.dumps(value)};")
    (tmp_path / "answers.ts").write_text("\n".join(lines))
    (tmp_path / "node_modules").symlink_to(Path(FOLDER).resolve())
    compiler = Path(FOLDER).resolve() / "typescript" / "bin" / "tsc"
    run = subprocess.run(
        [shutil.which("node") or "node", str(compiler), "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022",
         "--module", "nodenext", "--moduleResolution", "nodenext", "answers.ts"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout.splitlines() == []

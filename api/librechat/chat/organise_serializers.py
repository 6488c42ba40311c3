"""Bodies of the routes that organise conversations."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.base.payloads import OF_A_ROW, ApiRequest, ApiResponse, Id, iso
from chat.services.organise.bookmarks import DESCRIPTION_LIMIT, NAME_LIMIT
from chat.services.tree.forking import Option


class ArchiveArg(ApiRequest):
    repeated = OF_A_ROW
    conversation_id: Id
    is_archived: bool


class ArchiveRequest(ApiRequest):
    arg: ArchiveArg


class ArchivedAll(ApiResponse):
    archived_count: int


class PinArg(ApiRequest):
    repeated = OF_A_ROW
    conversation_id: Id
    pinned: bool


class PinRequest(ApiRequest):
    arg: PinArg


class PinnedOrderRequest(ApiRequest):
    """What stands at the top, in this order: ids of pinned conversations, and a client's own names for other things."""

    pinned_order: list[Annotated[str, Field(min_length=1, max_length=256)]] = Field(max_length=1_000)


class ForkRequest(ApiRequest):
    conversation_id: Id
    message_id: Id
    option: Option | Literal["default", ""] | None = None
    split_at_target: bool = False
    latest_message_id: Id | None = None


class DuplicateRequest(ApiRequest):
    conversation_id: Id
    title: str | None = Field(None, max_length=100_000)


class CopiedResponse(ApiResponse):
    """The new conversation and its messages."""

    conversation: dict[str, Any]
    messages: list[dict[str, Any]]


class NewTagRequest(ApiRequest):
    """A bookmark, as the forms of clients have it: with an empty `conversationId` where there is none."""

    repeated = OF_A_ROW
    tag: str = Field(min_length=1, max_length=NAME_LIMIT)
    description: str | None = Field(None, max_length=DESCRIPTION_LIMIT)
    add_to_conversation: bool | None = None
    conversation_id: Annotated[Id | None, BeforeValidator(lambda value: None if value == "" else value)] = None


class TagRequest(ApiRequest):
    """What changes of a bookmark. Clients that move one send its whole row with another `position`."""

    repeated = OF_A_ROW
    tag: str | None = Field(None, min_length=1, max_length=NAME_LIMIT)
    description: str | None = Field(None, max_length=DESCRIPTION_LIMIT)
    position: int | None = Field(None, ge=0, le=1_000_000)


class TagsRequest(ApiRequest):
    """All tags that the conversation shall have. (Clients also name the one that was toggled, put on or taken off.)"""

    tags: list[str] = Field(max_length=100)


class ConversationTag(ApiResponse):
    model_config = ConfigDict(alias_generator=lambda name: "_id" if name == "id_" else to_camel(name))

    id_: str
    tag: str
    user: str
    description: str
    count: int
    position: int
    created_at: str
    updated_at: str


def tag_to_wire(tag: Any) -> dict[str, Any]:
    """Return a `Bookmark` of `bookmarks.listed`, which counts."""
    return ConversationTag(
        id_=str(tag.id),
        tag=tag.name,
        user=str(tag.owner_id),
        description=tag.description,
        count=tag.count,
        position=tag.position,
        created_at=iso(tag.created_at),
        updated_at=iso(tag.updated_at),
    ).to_wire()

"""The map of a conversation."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from chat import access
from chat.services.tree.map import STEP, tree_map
from web.shell import SignedInRequest, show_dialog, signed_in


@require_GET
@signed_in
def conversation_map(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Draw every branch; each mark leads to its message."""
    conversation = access.conversation_for(request.user, conversation_id)
    return show_dialog(request, "chat/map.html", conversation, map=tree_map(conversation), step=STEP, half=STEP // 2)

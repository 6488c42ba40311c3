"""Forking a conversation at a message."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.services.preferences import preferences_of, set_preferences
from chat import access
from chat.services.tree import forking, tree
from core import rate_limits
from web.forms.actions import ForkForm
from web.shell import SignedInRequest, show_dialog, show_done, signed_in


@require_http_methods(["GET", "POST"])
@signed_in
def fork(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Ask what to take along, and copy it; with a remembered answer, copy at once."""
    message = access.message_for(request.user, message_id, conversation_id=conversation_id)
    chosen = preferences_of(request.user)
    form = ForkForm(request.POST or None, initial={"option": chosen.fork_option, "split": chosen.fork_splits})
    if request.method == "GET" or not form.is_valid():
        context = {"message": message, "at_once": chosen.fork_at_once}
        return show_dialog(request, "chat/fork.html", message.conversation, form=form, **context)
    data = form.cleaned_data
    if data["remember"]:
        changes = {"fork_option": data["option"], "fork_splits": data["split"], "fork_at_once": True}
        set_preferences(user=request.user, changes=changes)
    path = tree.path_ids(conversation_id)
    latest = path[-1] if message_id in path else message_id
    made = forking.fork(
        user=request.user,
        conversation_id=conversation_id,
        message_id=message_id,
        option=data["option"],
        split=data["split"],
        latest_message_id=latest,
        title=forking.title_of_copy(message.conversation, _("Fork of %(title)s")),
        address=rate_limits.address_of(request),
    )
    return show_done(request, _("Forked into a new chat."), go=reverse("chat:conversation", args=[made.id]))

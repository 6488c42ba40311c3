"""The cost of a conversation."""

from django.db.models import Q

from billing.services import usage
from billing.services.usage import UsageShare
from chat.models import Conversation, Run


def parts_of(conversation: Conversation) -> list[UsageShare]:
    """Return what the replies and the title of a conversation used, by model, the costliest first. One query."""
    runs = Run.objects.filter(conversation=conversation, hold_id__isnull=False)
    keys = Q(hold_id__in=runs.values("hold_id")) | Q(key__startswith=f"title:{conversation.id}")
    return usage.parts_of(usage.among(conversation.owner, keys))

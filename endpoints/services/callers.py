"""The values of caller placeholders in an endpoint's headers."""

from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from accounts.services import twofactor
from endpoints.providers.base import Caller


def caller_of(user: User, *, conversation_id: str = "", message_id: str = "", parent_id: str = "") -> Caller:
    """Return the values of all placeholders. `message_id` is the person's message, `parent_id` what it answers."""
    accounts = SocialAccount.objects.filter(user=user).values_list("provider", "uid")
    ids = {f"{provider.upper()}ID": uid for provider, uid in accounts}
    accepted = user.terms_accepted_at
    known = {
        "ID": str(user.id),
        "NAME": user.name,
        "USERNAME": user.username,
        "EMAIL": user.email,
        "PROVIDER": user.provider,
        "ROLE": user.role_name,
        "EMAILVERIFIED": _word(user.email_verified),
        "TWOFACTORENABLED": _word(twofactor.is_on(user)),
        "TERMSACCEPTED": _word(accepted is not None),
        "TERMSACCEPTEDAT": accepted.isoformat() if accepted else "",
    }
    openid = {}
    if "OPENIDID" in ids:
        openid = {"USER_ID": ids["OPENIDID"], "USER_EMAIL": user.email, "USER_NAME": user.name}
    body = {"CONVERSATIONID": conversation_id, "MESSAGEID": message_id, "PARENTMESSAGEID": parent_id}
    return Caller(user=ids | known, body=body, openid=openid)


def _word(value: bool) -> str:
    return "true" if value else "false"

"""Messages for failed model calls, and what each person can do about them.

`code` is what is stored and sent; everything that shows it looks up the message here: pages, the API, endpoint tests,
and refusals before a message is sent. The provider's text goes to the log only, because it may contain anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from endpoints.parameters.refused import labels_of


@dataclass(frozen=True, slots=True)
class Explanation:
    title: str | Promise
    advice: str | Promise
    retry: bool  # whether trying again may help
    about_keys: bool = False  # what helps is on the page of the person's own keys
    before_sending: str | Promise = ""  # said in place of a call, of an `endpoint`
    in_a_test: str | Promise = ""  # said of a call that only tries the endpoint
    for_admins: str | Promise = ""  # the advice to who would be asked


EXPLANATIONS: dict[str, Explanation] = {
    "bad_key": Explanation(
        _("The provider rejected the key"),
        _("Ask your administrator to check the API key of this endpoint, or choose another model."),
        False,
        in_a_test=_("The key was rejected. Copy it again from the provider's page and check that it's still valid."),
        for_admins=_("Check the API key of this endpoint, or choose another model."),
    ),
    "bad_user_key": Explanation(
        _("The provider rejected your key"),
        _("Check or replace it in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
        in_a_test=_("Your key was rejected. Copy it again from the provider's page."),
    ),
    "forbidden": Explanation(
        _("The key isn't allowed to do this"),
        _("Ask your administrator to allow this model for the key at the provider, or choose another model."),
        False,
    ),
    "forbidden_user_key": Explanation(
        _("Your key isn't allowed to do this"),
        _("Allow this model for your key at the provider, or choose another model."),
        False,
        about_keys=True,
    ),
    "key_limit": Explanation(
        _("The key has reached its limit"),
        _("Ask your administrator to raise it at the provider, or choose another model."),
        False,
    ),
    "user_key_limit": Explanation(
        _("Your key has reached its limit"),
        _("Raise it at the provider, or choose another model."),
        False,
        about_keys=True,
    ),
    "region": Explanation(
        _("This model isn't offered here"),
        _("The provider doesn't serve the country or region the request came from. Choose another model."),
        False,
    ),
    "proxy": Explanation(
        _("The request was blocked before it reached the provider"),
        _("A proxy or firewall responded instead. Ask your administrator to look into it."),
        False,
    ),
    "no_user_key": Explanation(
        _("This model needs your own key"),
        _("Add your key in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
        before_sending=_("“%(endpoint)s” needs your own key. Add it, then send again."),
    ),
    "expired_user_key": Explanation(
        _("Your key has expired"),
        _("Add it again in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
        before_sending=_("Your key for “%(endpoint)s” has expired. Add it again, then send again."),
    ),
    "no_base_url": Explanation(
        _("This model needs your own server address"),
        _("Add it with your key in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
        before_sending=_("“%(endpoint)s” needs your own server address. Add it with your key, then send again."),
    ),
    "invalid_base_url": Explanation(
        _("Your server address isn't allowed"),
        _("It's private or not a web address. Replace it in the settings, under Provider keys."),
        False,
        about_keys=True,
        before_sending=_(
            "The address you entered for “%(endpoint)s” is private or not a web address. Enter a public one."
        ),
    ),
    "no_such_model": Explanation(
        _("The provider doesn't know this model"),
        _("It may have been renamed or retired. Choose another model and send again."),
        False,
        in_a_test=_("The provider responded but doesn't know this model. Choose another one."),
        for_admins=_("It may have been renamed or retired. Check the endpoint's models, or choose another one."),
    ),
    "rate_limit": Explanation(
        _("The provider is limiting requests"),
        _("Wait a minute and regenerate, or choose another model."),
        True,
        in_a_test=_("The key works, but the provider is limiting requests. Try again in a minute."),
    ),
    "upstream_limit": Explanation(
        _("The provider behind the gateway is limiting requests"),
        _("Wait a minute and regenerate, or choose another model."),
        True,
        in_a_test=_("The key works, but the provider behind the gateway is limiting requests. Try again in a minute."),
    ),
    "user_quota": Explanation(
        _("Your account at the provider has no credit left"),
        _("Top it up at the provider, or choose another model."),
        False,
        about_keys=True,
    ),
    "quota": Explanation(
        _("The account at the provider has no credit left"),
        _("Ask your administrator to top it up, or choose another model."),
        False,
        in_a_test=_("The key works, but the account at the provider has no credit left."),
        for_admins=_("Top up the account at the provider, or choose another model."),
    ),
    "timeout": Explanation(
        _("The model took too long to start replying"),
        _("Regenerate, or try a shorter message or a faster model."),
        True,
        in_a_test=_("No response within 20 seconds. The model may still be loading, so try again."),
    ),
    "connect_timeout": Explanation(
        _("The model's server refused the connection"),
        _("It may be down or unreachable. Try again later, or choose another model."),
        True,
    ),
    "stalled": Explanation(
        _("The model stopped responding"),
        _("What arrived is kept. Continue or regenerate the reply."),
        True,
    ),
    "lost": Explanation(
        _("The connection was lost before the reply started"),
        _("The request was sent and may have been charged, so it wasn't repeated. Regenerate to try again."),
        True,
    ),
    "context_too_long": Explanation(
        _("This conversation is too long for the model"),
        _("Start a new chat, shorten the message, or choose a model with a larger context window."),
        False,
    ),
    "empty_messages": Explanation(
        _("Your message is too long for this model"),
        _(
            "Shorten the message or the system prompt, raise the context window in the parameters, or choose a model "
            "with a larger one."
        ),
        False,
    ),
    "connection": Explanation(
        _("The model's server can't be reached"),
        _("Check that it is running and that its address is right, then regenerate."),
        True,
        in_a_test=_("No response from this address. Check it and make sure the server is running."),
    ),
    "refused_address": Explanation(
        _("This address isn't allowed"),
        _("The endpoint uses a private address. An administrator can allow it in the configuration."),
        False,
        in_a_test=_("The address is private, so it can't be called."),
        for_admins=_(
            "The endpoint uses a private address. Allow it under endpoints.allowedAddresses in the configuration."
        ),
    ),
    "overloaded": Explanation(
        _("The provider is overloaded or has a problem"),
        _("Wait a moment and regenerate, or choose another model."),
        True,
    ),
    "cut_off": Explanation(
        _("The reply was cut short"),
        _("What arrived is kept. Continue or regenerate the reply."),
        True,
    ),
    "bad_response": Explanation(
        _("Unexpected response from the provider"),
        _("Check the endpoint's address and type, or choose another model."),
        True,
        in_a_test=_("Something responded, but it isn't a model API. Addresses usually end with /v1."),
    ),
    "bad_request": Explanation(
        _("The provider rejected the request"),
        _("A parameter may not suit this model. Change the settings or choose another model."),
        False,
    ),
    "content_filter": Explanation(
        _("The provider's content filter stopped this"),
        _("Rephrase the message, or choose another model."),
        False,
    ),
    "no_endpoint": Explanation(
        _("This model is no longer configured"),
        _("Choose another model and send again."),
        False,
    ),
    "no_credit": Explanation(
        _("You're out of credit"),
        _("Ask your administrator for more, or wait for the next refill."),
        False,
        for_admins=_("Add credit to your account, or change the refill."),
    ),
    "interrupted": Explanation(
        _("The reply was interrupted"),
        _("Parley restarted while it was being written. What arrived is kept: continue or regenerate."),
        True,
    ),
    "expired": Explanation(
        _("The reply was never started"),
        _("It waited too long in the queue. Regenerate to try again."),
        True,
    ),
    "internal": Explanation(
        _("Something went wrong"),
        _("Regenerate. If it happens again, tell your administrator the time it happened."),
        True,
        for_admins=_("Regenerate. The server's log says what happened."),
    ),
}
EXPLANATIONS["certificate"] = replace(
    EXPLANATIONS["connection"],
    in_a_test=_("The server's certificate isn't valid for this address, so the key wasn't sent."),
)


def explain(code: str, wait: int = 0, settings: Sequence[str] = ()) -> Explanation:
    """Return the words for `code`; an unknown code reads as `internal`.

    `wait`: the seconds for which the provider wants to be left alone, in the reader's language. `settings`: the keys
    of the parameters that it refused.
    """
    explanation = EXPLANATIONS.get(code, EXPLANATIONS["internal"])
    if names := labels_of(settings):
        advice = _(
            "This model doesn't accept the current value of %(names)s. Change or clear it in the parameters, "
            "then regenerate."
        )
        return replace(explanation, advice=str(advice) % {"names": names})
    return replace(explanation, advice=_after(wait)) if wait else explanation


def _after(seconds: int) -> str:
    if seconds < 100:
        text = ngettext(
            "Try again in %(count)d second, or choose another model.",
            "Try again in %(count)d seconds, or choose another model.",
            seconds,
        )
        return text % {"count": seconds}
    minutes = -(-seconds // 60)
    text = ngettext(
        "Try again in %(count)d minute, or choose another model.",
        "Try again in %(count)d minutes, or choose another model.",
        minutes,
    )
    return text % {"count": minutes}

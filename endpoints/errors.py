"""Why a model call failed, and what each person can do about it.

`code` is what is stored and sent; the page looks the words up here, so they can be improved and
translated later. Provider text is for the log only: it may hold anything.
"""

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Explanation:
    title: str | Promise
    advice: str | Promise
    retry: bool  # whether trying again may help
    about_keys: bool = False  # what helps is on the page of the person's own keys


EXPLANATIONS: dict[str, Explanation] = {
    "bad_key": Explanation(
        _("The provider did not accept the key"),
        _("Ask your administrator to check the API key of this endpoint, or choose another model."),
        False,
    ),
    "bad_user_key": Explanation(
        _("The provider refused your key"),
        _("Check or replace it in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
    ),
    "no_user_key": Explanation(
        _("This model needs a key of your own"),
        _("Add your key in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
    ),
    "expired_user_key": Explanation(
        _("Your key has expired"),
        _("Add it again in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
    ),
    "no_base_url": Explanation(
        _("This model needs an address of your own"),
        _("Add it with your key in the settings, under Provider keys. Then regenerate."),
        False,
        about_keys=True,
    ),
    "invalid_base_url": Explanation(
        _("The address that you gave is not allowed"),
        _("It is private or no web address. Replace it in the settings, under Provider keys."),
        False,
        about_keys=True,
    ),
    "no_such_model": Explanation(
        _("The provider does not know this model"),
        _("It may have been renamed or retired. Choose another model and send again."),
        False,
    ),
    "rate_limit": Explanation(
        _("The provider is limiting requests"),
        _("Wait a minute and regenerate, or choose another model."),
        True,
    ),
    "quota": Explanation(
        _("The account at the provider has no credit left"),
        _("Ask your administrator to top it up, or choose another model."),
        False,
    ),
    "timeout": Explanation(
        _("The model took too long to begin its answer"),
        _("Regenerate, or try a smaller question or a faster model."),
        True,
    ),
    "connect_timeout": Explanation(
        _("The model's server did not take the connection"),
        _("It may be down or out of reach. Try again in a while, or choose another model."),
        True,
    ),
    "stalled": Explanation(
        _("The model stopped responding"),
        _("What arrived is kept. Continue or regenerate the reply."),
        True,
    ),
    "lost": Explanation(
        _("The connection was lost before the answer began"),
        _("The request was sent and may have been charged, so it was not repeated. Regenerate to ask again."),
        True,
    ),
    "context_too_long": Explanation(
        _("This conversation is too long for the model"),
        _("Start a new chat, shorten the message, or choose a model with a larger context."),
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
        _("The model's server cannot be reached"),
        _("Check that it is running and that its address is right, then regenerate."),
        True,
    ),
    "refused_address": Explanation(
        _("This address is not allowed"),
        _("The endpoint leads to a private address. An administrator can allow it in the configuration."),
        False,
    ),
    "overloaded": Explanation(
        _("The provider is overloaded or has a fault"),
        _("Wait a little and regenerate, or choose another model."),
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
    ),
    "bad_request": Explanation(
        _("The provider refused the request"),
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
        _("You have no credit left"),
        _("Ask your administrator for more, or wait for the next refill."),
        False,
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
    ),
}


def explain(code: str, wait: int = 0) -> Explanation:
    """Return the words for `code`; an unknown code reads as `internal`.

    `wait`: the seconds for which the provider wants to be left alone, in the reader's language.
    """
    words = EXPLANATIONS.get(code, EXPLANATIONS["internal"])
    return replace(words, advice=_after(wait)) if wait else words


def _after(seconds: int) -> str:
    if seconds < 100:
        text = ngettext("Try again in %(count)d second, or choose another model.",
                        "Try again in %(count)d seconds, or choose another model.", seconds)  # fmt: skip
        return text % {"count": seconds}
    minutes = -(-seconds // 60)
    text = ngettext("Try again in %(count)d minute, or choose another model.",
                    "Try again in %(count)d minutes, or choose another model.", minutes)  # fmt: skip
    return text % {"count": minutes}

"""The settings pages, with a person's preferences and data."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Membership
from accounts.services import profile, twofactor
from accounts.services.preferences import preferences_of, set_preferences
from web.forms.preferences import PreferenceForm
from web.forms.profile import ProfileForm
from web.shell import SignedInRequest, is_partial, show_page, signed_in


@require_http_methods(["GET", "POST"])
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    """With scripts every change is saved at once; without, by the button."""
    form = PreferenceForm(request.POST or None, initial=preferences_of(request.user).model_dump())
    if request.method == "POST" and form.is_valid():
        set_preferences(user=request.user, changes=form.cleaned_data)
        if not is_partial(request):
            return redirect("chat:settings")
        return render(request, "chat/settings_form.html", {"form": form, "saved": True})
    status = 422 if form.is_bound else 200
    if is_partial(request):
        return render(request, "chat/settings_form.html", {"form": form}, status=status)
    return show_page(request, "chat/settings.html", {"form": form, "tab": "appearance"}, status=status)


@require_http_methods(["POST"])
@signed_in
def theme(request: SignedInRequest) -> HttpResponse:
    """The theme without scripts."""
    return _remember(request, "theme", {"", "light", "dark"})


@require_http_methods(["POST"])
@signed_in
def text_size(request: SignedInRequest) -> HttpResponse:
    """The size of letters without scripts."""
    return _remember(request, "size", {"", "small", "large"})


def _remember(request: SignedInRequest, name: str, known: set[str]) -> HttpResponse:
    """Set the cookie `name`, as the scripts set it; an empty value takes it away."""
    wanted = request.POST.get(name, "")
    if wanted not in known:
        return HttpResponse(status=422)
    response = redirect("chat:settings")
    if wanted:
        response.set_cookie(name, wanted, max_age=31_536_000, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(name, samesite="Lax")
    return response


@require_http_methods(["GET", "POST"])
@signed_in
def account(request: SignedInRequest) -> HttpResponse:
    """Who one is here."""
    known = {"name": request.user.name, "username": request.user.username}
    form = ProfileForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        profile.change(user=request.user, **form.cleaned_data)
        return redirect(f"{request.path}?saved=1")
    memberships = list(Membership.objects.filter(user=request.user).select_related("group").order_by("group__name"))
    context = {
        "form": form,
        "memberships": memberships,
        "is_manager": any(membership.is_manager for membership in memberships),
        "tab": "account",
        "saved": "saved" in request.GET,
    }
    return show_page(request, "chat/settings_account.html", context, status=422 if form.is_bound else 200)


@require_GET
@signed_in
def security(request: SignedInRequest) -> HttpResponse:
    """What signs one in, in short; each leads to where it is changed."""
    context = {"ways": twofactor.ways_of(request.user), "tab": "security"}
    return show_page(request, "chat/settings_security.html", context)


@require_GET
@signed_in
def data(request: SignedInRequest) -> HttpResponse:
    return show_page(request, "chat/settings_data.html", {"tab": "data"})

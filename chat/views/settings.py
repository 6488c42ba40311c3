"""The page where a person sets how Parley behaves for them."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.preferences import preferences_of, set_preferences
from chat.preference_form import PreferenceForm
from chat.views.shell import SignedIn, is_partial, show_page, signed_in


@require_http_methods(["GET", "POST"])
@signed_in
def index(request: SignedIn) -> HttpResponse:
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
    return show_page(request, "chat/settings.html", {"form": form}, status=status)

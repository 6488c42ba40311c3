"""How the administration's lists read: names, numbers, a harmless no, and what is in force from elsewhere."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Group, Membership, User
from billing.models import Balance, Budget, Hold
from endpoints.catalog import registry
from tests.endpoint_maker import make_endpoint
from web.plot import PlotDay, plot_of

pytestmark = pytest.mark.django_db


def listing(client: Client, name: str) -> str:
    page = client.get(reverse(f"admin:{name}_changelist")).content.decode()
    return page[page.index("result-list-wrapper") :]


def test_plurals_are_english() -> None:
    names = [str(model._meta.verbose_name_plural) for model in admin.site._registry]
    assert not [name for name in names if re.search(r"[^aeiou]ys$|ss$|capability|api key", name)]


def test_amounts_are_in_dollars_as_people_see_them(admin_client: Client, owner: User) -> None:
    Balance.objects.create(user=owner, credits=12_345_678_900, held=2_000_000)
    Hold.objects.create(user=owner, amount=1_500_000)
    Budget.objects.create(name="Lab", scope="user", user=owner, unit="tokens", amount=1_234_567, period="month")
    page = listing(admin_client, "billing_balance")
    assert "$12,345.68" in page
    assert "$2.00" in page
    assert "$1.50" in listing(admin_client, "billing_hold")
    assert "1,234,567 tokens" in listing(admin_client, "billing_budget")


def test_a_list_does_not_begin_with_an_id(admin_client: Client, owner: User) -> None:
    hold = Hold.objects.create(user=owner, amount=1)
    assert f">{hold.pk}<" not in listing(admin_client, "billing_hold")


def test_a_no_is_a_word_and_not_a_red_cross(admin_client: Client, owner: User) -> None:
    page = listing(admin_client, "accounts_user")
    assert "close_small" not in page
    assert "bg-red-100" not in page


@pytest.mark.parametrize("name", ["accounts_sitesettings", "billing_moneysettings"])
def test_settings_have_one_name(admin_client: Client, name: str) -> None:
    page = admin_client.get(reverse(f"admin:{name}_changelist"), follow=True).content.decode()
    title = re.search(r"<title>\s*(.*?)\s*</title>", page, re.DOTALL)
    assert title
    assert "Change" not in title[1]
    assert "Select" not in title[1]


def test_the_members_of_a_group_are_not_headed_by_ids(admin_client: Client, owner: User) -> None:
    group = Group.objects.create(name="Lab")
    Membership.objects.create(group=group, user=owner)
    page = admin_client.get(reverse("admin:accounts_group_change", args=[group.id])).content.decode()
    assert owner.email in page
    assert f"{owner.id} in {group.id}" not in page


def test_endpoints_of_the_file_are_named_beside_the_table(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [make_endpoint(name) for name in ("Atlas", "Borea")]
    monkeypatch.setattr(registry, "current", lambda: SimpleNamespace(endpoints=named))
    page = listing(admin_client, "endpoints_operatorendpoint")
    assert re.search(r"\D2 endpoints come from the configuration file or the environment: Atlas, Borea\.", page)
    assert "No endpoints added here yet." in page


def test_the_last_label_of_a_plot_ends_inside_it(admin_client: Client) -> None:
    today = timezone.localdate()
    plot = plot_of([PlotDay(today - timedelta(days=29 - day), {"all": day}, "1") for day in range(30)])
    drawn = render_to_string("chat/plot_bars.html", {"plot": plot})
    last = re.findall(r'<text class="plot-words" x="([\d.]+)" y="\d+" text-anchor="(\w+)"', drawn)[-1]
    assert (float(last[0]), last[1]) == (plot.width, "end")


def test_no_typeface_is_loaded_beside_the_icons() -> None:
    path = finders.find("unfold/fonts/inter/styles.css")
    assert isinstance(path, str)
    assert "@font-face" not in open(path).read()  # noqa: PTH123, SIM115

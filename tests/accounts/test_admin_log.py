"""Every change made in the administration's pages is in the audit log, and goes through the services."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    ApiKey,
    AuditEntry,
    Ban,
    Banner,
    CapabilityGrant,
    Group,
    Invitation,
    Membership,
    ModelAccess,
    Role,
    SiteSettings,
    User,
)
from accounts.services import api_keys, audit, permission_labels, permissions, roles
from accounts.services.model_access import access_of
from billing.models import Balance, Budget, LedgerEntry, MoneySettings, Price
from billing.services import budgets, price_table
from endpoints.models import OperatorEndpoint
from tests.cast import PASSWORD
from tests.house import sources

NO_ROWS = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
PASSWORDS = {"usable_password": "true", "password1": "correct-horse-battery", "password2": "correct-horse-battery"}


def empty(prefix: str) -> dict[str, str]:
    return {f"{prefix}-{name}": value for name, value in NO_ROWS.items()}


BUDGET = {
    "name": "Lab", "scope": "everyone", "unit": "credits", "amount": "500", "period": "month", "per_person": "on",
    "is_hard": "on", "is_active": "on",
}  # fmt: skip
LAB = {"kind": "custom", "name": "Lab", "base_url": "http://lab.example:8080/v1", "model_names": "tiny", "order": "0"}
# model → (what makes a row, what changes it; None where it cannot be changed)
FORMS: dict[type[Model], tuple[dict[str, str], dict[str, str] | None]] = {
    User: (
        {"email": "new@example.org", "name": "New", "role": "USER", **PASSWORDS},
        {"name": "Renamed", "role": "USER", "is_active": "on", "email_verified": "on"},
    ),
    Role: (
        {"name": "TEAM", "description": "A team", **empty("model_access")},
        {"description": "Another", "retention_days": "30", **empty("model_access")},
    ),
    Group: ({"name": "Lab", **empty("memberships")}, {"name": "Labs", **empty("memberships")}),
    CapabilityGrant: ({"capability": "read:users", "principal": "role", "role": "USER"}, None),
    Ban: ({"address": "192.0.2.7", "until_0": "2999-01-01", "until_1": "00:00:00", "reason": "noise"}, None),
    Budget: (BUDGET, {**BUDGET, "amount": "700"}),
    Banner: (
        {"message": "Maintenance", "display_from_0": "2026-01-01", "display_from_1": "00:00:00"},
        {"message": "Over", "display_from_0": "2026-01-01", "display_from_1": "00:00:00"},
    ),
    Invitation: ({"email": "guest@example.org", "role": "USER"}, None),
    OperatorEndpoint: (
        LAB,
        {**LAB, "model_names": "tiny\nbig", "api_key": "sk-of-the-lab-0123456789", "is_enabled": "on"},
    ),
    Price: ({"model": "tiny", "prompt": "1", "completion": "2"}, {"model": "tiny", "prompt": "3", "completion": "2"}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def mail_configured(settings: Any) -> None:
    settings.MAIL_CONFIGURED = True


def page(model: type[Model], verb: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}", args=args)


def post(client: Client, path: str, **fields: Any) -> None:
    answer = client.post(path, fields)
    assert answer.status_code == 302, answer.context["errors"]


def changeable() -> set[type[Model]]:
    """Return every model that any form of the administration can write."""
    request = RequestFactory().get("/")
    request.user = User(role_id=Role.ADMIN)

    def is_open(panel: Any) -> bool:
        checks = (panel.has_add_permission, panel.has_change_permission, panel.has_delete_permission)
        return any(has_permission(request) for has_permission in checks)

    return {model for model, panel in admin.site._registry.items() if is_open(panel)}


def test_every_writable_model_is_tried_here() -> None:
    assert changeable() == {*FORMS, ApiKey, SiteSettings, MoneySettings}


def test_a_key_taken_back_is_in_the_audit_log(admin_client: Client, admin_user: User, owner: User) -> None:
    made = api_keys.make(user=owner, name="Script")
    post(admin_client, page(ApiKey, "delete", made.row.pk), post="yes")
    assert api_keys.find(made.text) is None
    entry = AuditEntry.objects.latest("seq")
    assert (entry.actor_id, entry.action, entry.target_name) == (admin_user.id, "apikey.deleted", str(made.row))
    assert entry.before["key_hash"] == "set"


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_a_change_by_a_form_is_in_the_audit_log(admin_client: Client, admin_user: User, model: type[Model]) -> None:
    made, changed = FORMS[model]
    rows = set(model._default_manager.values_list("pk", flat=True))
    post(admin_client, page(model, "add"), **made)
    row = model._default_manager.exclude(pk__in=rows).get()
    entry = AuditEntry.objects.latest("seq")
    assert entry.actor_id == admin_user.id
    assert entry.after
    if changed is not None:
        post(admin_client, page(model, "change", row.pk), **changed)
        entry = AuditEntry.objects.latest("seq")
        assert entry.action == f"{model._meta.model_name}.updated"
        assert entry.before != entry.after
        assert set(entry.before) == set(entry.after)
    seen = AuditEntry.objects.count()
    answer = admin_client.post(page(model, "delete", row.pk), {"post": "yes"})
    if answer.status_code == 302:
        assert not model._default_manager.filter(pk=row.pk).exists()
        assert AuditEntry.objects.count() == seen + 1
        assert AuditEntry.objects.latest("seq").before
    else:
        assert answer.status_code == 403
    assert audit.verify().broken_at is None


@pytest.mark.security
def test_no_password_is_in_the_audit_log(admin_client: Client, owner: User) -> None:
    post(admin_client, page(User, "add"), email="x@example.org", name="X", role="USER", **PASSWORDS)
    post(admin_client, reverse("admin:auth_user_password_change", args=[owner.id]), **PASSWORDS)
    made, changed = AuditEntry.objects.order_by("seq")
    assert made.after["password"] == "set"
    assert (changed.action, changed.after) == ("user.password", {"password": "set"})


def act(client: Client, model: type[Model], action: str, *rows: Model) -> Any:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(page(model, "changelist"), data, follow=True)


def test_people_are_switched_approved_signed_out_and_banned_by_actions(
    admin_client: Client, owner: User, stranger: User, admin_user: User
) -> None:
    User.objects.filter(pk=stranger.pk).update(waits_for_approval=True)
    for action in ("switch_off", "switch_on", "approve", "sign_out", "ban_for_a_day", "lift_bans"):
        assert act(admin_client, User, action, owner, stranger).status_code == 200
    actions = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions == [
        "user.switched_off", "user.switched_off", "user.switched_on", "user.switched_on", "user.approved",
        "user.signed_out", "user.signed_out", "ban.set", "ban.set", "ban.lifted", "ban.lifted",
    ]  # fmt: skip
    stranger.refresh_from_db()
    assert not stranger.waits_for_approval
    assert not Ban.objects.filter(until__gt=timezone.now()).exists()


def test_a_role_is_given_to_several_people_at_once(admin_client: Client, owner: User, stranger: User) -> None:
    roles.create(actor=None, name="TEAM")
    act(admin_client, User, "give:TEAM", owner, stranger)
    assert set(User.objects.filter(role="TEAM")) == {owner, stranger}
    assert AuditEntry.objects.filter(action="user.role").count() == 2


@pytest.mark.security
@pytest.mark.parametrize("action", ["switch_off", "give:USER", "ban_for_a_week"])
def test_the_last_administrator_cannot_be_shut_out_by_an_action(
    admin_client: Client, admin_user: User, action: str
) -> None:
    answer = act(admin_client, User, action, admin_user)
    assert b"only administrator" in answer.content or b"ban yourself" in answer.content
    admin_user.refresh_from_db()
    assert admin_user.is_active
    assert admin_user.is_admin
    assert not Ban.objects.exists()


def test_a_ban_is_lifted_by_an_action(admin_client: Client, owner: User) -> None:
    until = timezone.now() + timedelta(days=2)
    post(
        admin_client, page(Ban, "add"), user=str(owner.pk), until_0=f"{until:%Y-%m-%d}", until_1="00:00:00", reason="x"
    )
    act(admin_client, Ban, "lift", Ban.objects.get())
    assert not Ban.objects.filter(until__gt=timezone.now()).exists()


@pytest.mark.parametrize(
    "wrong", [{"address": ""}, {"until_0": "2001-01-01"}, {"address": "nowhere"}], ids=["nobody", "past", "no address"]
)
def test_a_ban_of_nobody_or_of_the_past_is_refused(admin_client: Client, wrong: dict[str, str]) -> None:
    assert admin_client.post(page(Ban, "add"), {**FORMS[Ban][0], **wrong}).status_code == 200
    assert not Ban.objects.exists()


@pytest.mark.parametrize(
    ("scope", "fields", "field"),
    [("user", {}, "user"), ("group", {}, "group"), ("role", {}, "role"), ("everyone", {"role": "USER"}, "role")],
)
def test_a_budget_names_exactly_its_target(
    admin_client: Client, scope: str, fields: dict[str, str], field: str
) -> None:
    answer: Any = admin_client.post(page(Budget, "add"), {**BUDGET, "scope": scope, **fields})
    assert answer.status_code == 200
    assert field in answer.context["errors"][0].as_text() or field in answer.context["adminform"].form.errors
    assert not Budget.objects.exists()


def test_prices_and_budgets_count_at_once(admin_client: Client) -> None:
    assert price_table.price_of("", "tiny") is None
    assert budgets.active() == []
    post(admin_client, page(Price, "add"), **FORMS[Price][0])
    post(admin_client, page(Budget, "add"), **BUDGET)
    rates = price_table.price_of("", "tiny")
    assert rates is not None
    assert rates.completion == 2
    [budget] = budgets.active()
    act(admin_client, Budget, "delete_selected", budget)  # asks first
    data = {"action": "delete_selected", "_selected_action": [str(budget.pk)], "post": "yes"}
    admin_client.post(page(Budget, "changelist"), data)
    assert budgets.active() == []
    assert AuditEntry.objects.latest("seq").action == "budget.deleted"


def test_the_models_of_a_role_are_a_table_in_its_form(admin_client: Client) -> None:
    rows = {
        "model_access-TOTAL_FORMS": "1", "model_access-INITIAL_FORMS": "0", "model_access-0-role": "USER",
        "model_access-0-model": "meta/tiny", "model_access-0-enabled": "on", "model_access-0-coefficient": "2.5",
    }  # fmt: skip
    post(admin_client, page(Role, "change", "USER"), description="", **rows)
    assert access_of("USER").coefficient("", "meta/tiny") == 2.5
    wrong = rows | {"model_access-0-endpoint": "Nowhere"}
    assert b"No endpoint has" in admin_client.post(page(Role, "change", "ADMIN"), {"description": "", **wrong}).content
    row = ModelAccess.objects.get()
    gone = rows | {
        "model_access-INITIAL_FORMS": "1", "model_access-0-id": str(row.pk), "model_access-0-DELETE": "on",
    }  # fmt: skip
    post(admin_client, page(Role, "change", "USER"), description="", **gone)
    assert not ModelAccess.objects.exists()


def test_members_of_a_group_are_a_table_in_its_form(admin_client: Client, owner: User, stranger: User) -> None:
    def rows(*memberships: dict[str, str], stored: int) -> dict[str, str]:
        data = {"memberships-TOTAL_FORMS": str(len(memberships)), "memberships-INITIAL_FORMS": str(stored)}
        return data | {
            f"memberships-{n}-{name}": value for n, row in enumerate(memberships) for name, value in row.items()
        }

    post(admin_client, page(Group, "add"), name="Lab", **rows({"user": str(owner.pk), "is_manager": "on"}, stored=0))
    group = Group.objects.get()
    first = Membership.objects.get()
    assert first.is_manager
    old = {"id": str(first.pk), "group": str(group.pk), "user": str(owner.pk), "DELETE": "on"}
    post(admin_client, page(Group, "change", group.pk), name="Lab", **rows(old, {"user": str(stranger.pk)}, stored=1))
    assert [membership.user for membership in group.memberships.all()] == [stranger]
    actions = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions == ["group.created", "group.member_added", "group.member_removed", "group.member_added"]


@pytest.mark.security
def test_a_group_from_a_directory_keeps_its_people(admin_client: Client, owner: User) -> None:
    group = Group.objects.create(name="Staff", source="ldap", external_id="cn=staff")
    rows = {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0", "memberships-0-user": str(owner.pk)}
    admin_client.post(page(Group, "change", group.pk), {"name": "Staff", **rows})
    assert not Membership.objects.exists()


def ticked(*names: str) -> dict[str, Any]:
    """Return the matrix as it is when nothing was touched, with these boxes ticked the other way."""
    on = {
        f"p|{role.name}|{kind}|{bit}"
        for role in Role.objects.all()
        for kind, bits in permissions.permissions_of(role).items()
        for bit, value in bits.items()
        if value
    }
    return dict.fromkeys(on ^ set(names), "on") | {"matrix": list(Role.objects.values_list("name", flat=True))}


def test_the_matrix_changes_only_what_was_ticked_otherwise(admin_client: Client) -> None:
    path = reverse("admin:accounts_role_matrix")
    assert b"USER: Bookmark chats" in admin_client.get(path).content
    post(admin_client, path, **ticked("p|USER|BOOKMARKS|USE"))
    assert not permissions.permissions_of(Role.objects.get(name="USER"))["BOOKMARKS"]["USE"]
    [entry] = AuditEntry.objects.all()
    assert (entry.action, entry.target_id) == ("role.updated", "USER")
    post(admin_client, path, **ticked())
    assert AuditEntry.objects.count() == 1


def test_the_matrix_changes_models_and_coefficients(admin_client: Client) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"tiny": {"coefficient": 2}})
    path = reverse("admin:accounts_role_matrix")
    same = {"m|USER||tiny": "on", "m|USER||tiny|c": "2", "m|ADMIN||tiny": "on", "m|ADMIN||tiny|c": "1"}
    post(admin_client, path, **ticked(), **same)
    assert AuditEntry.objects.count() == 1
    assert not ModelAccess.objects.filter(role="ADMIN").exists()
    post(admin_client, path, **ticked(), **(same | {"m|USER||tiny|c": "3"}))
    assert access_of("USER").coefficient("", "tiny") == 3


def test_rights_of_what_does_not_exist_are_not_shown_and_keep_their_value(admin_client: Client, owner: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), permissions_={"WEB_SEARCH": {"USE": False}})
    path = reverse("admin:accounts_role_matrix")
    for page_of in (path, page(Role, "change", "USER"), reverse("see_as", args=[owner.pk])):
        html = admin_client.get(page_of).content.decode()
        assert "Create projects" in html
        assert not [kind for kind in ("PROMPTS", "MEMORIES", "AGENTS_", "RUN_CODE", "WEB_SEARCH") if kind in html]
    post(admin_client, path, **ticked("p|USER|BOOKMARKS|USE"))
    held = permissions.permissions_of(Role.objects.get(name="USER"))
    assert (held["WEB_SEARCH"]["USE"], held["AGENTS"]["USE"], held["BOOKMARKS"]["USE"]) == (False, True, False)


def test_every_right_that_the_code_asks_for_is_put_into_words() -> None:
    asked = re.compile(r'\b(?:may|is_allowed)\([^()]*?,\s*"([A-Z_]+)"(?:,\s*"([A-Z_]+)")?\)')
    code = "\n".join(path.read_text() for path in sources())
    asked_for = {(kind, bit or "USE") for kind, bit in asked.findall(code)}
    assert {("BOOKMARKS", "USE"), ("PROJECTS", "CREATE")} <= asked_for
    assert asked_for <= permission_labels.WORDS.keys()


def test_what_the_matrix_did_not_show_stays_as_it_is(admin_client: Client) -> None:
    shown = ticked("p|USER|BOOKMARKS|USE")
    team = roles.create(actor=None, name="TEAM", model_access={"tiny": {"enabled": False}})
    before = roles.to_plain(team)
    post(admin_client, reverse("admin:accounts_role_matrix"), **shown)
    assert roles.to_plain(Role.objects.get(name="TEAM")) == before
    assert not ModelAccess.objects.exclude(role="TEAM").exists()


def test_permissions_are_ticked_in_the_form_of_a_role_too(admin_client: Client) -> None:
    sent = ticked("p|USER|BOOKMARKS|USE") | {"matrix": "USER"}
    post(admin_client, page(Role, "change", "USER"), description="", **empty("model_access"), **sent)
    assert not permissions.permissions_of(Role.objects.get(name="USER"))["BOOKMARKS"]["USE"]
    assert permissions.permissions_of(Role.objects.get(name="USER"))["AGENTS"]["USE"]


@pytest.mark.security
def test_the_matrix_leaves_the_administrators_their_power(admin_client: Client) -> None:
    path = reverse("admin:accounts_role_matrix")
    answer = admin_client.post(path, ticked("p|ADMIN|ROLE_MANAGEMENT|UPDATE", "p|USER|BOOKMARKS|USE"), follow=True)
    assert b"must be able to manage roles" in answer.content
    assert not AuditEntry.objects.exists()


def test_a_balance_is_adjusted_with_a_reason_and_once(admin_client: Client, owner: User) -> None:
    path = reverse("admin:billing_balance_adjust", args=[owner.pk])
    assert admin_client.get(path).status_code == 200
    assert admin_client.post(path, {"credits": "5", "reason": " ", "key": "k"}).status_code == 200
    for _again in range(2):
        post(admin_client, path, credits="-500", reason="A correction", key="k")
    assert Balance.objects.get().credits == -500
    assert LedgerEntry.objects.get().note == "A correction"
    assert AuditEntry.objects.get().action == "balance.changed"


def test_the_audit_log_is_found_filtered_and_exported(admin_client: Client) -> None:
    role = Role.objects.get(name="USER")
    roles.update(actor=None, role=role, description="=HYPERLINK()")
    listing = page(AuditEntry, "changelist")
    assert admin_client.get(listing, {"q": "USER", "action": "role.updated"}).status_code == 200
    answer = act(admin_client, AuditEntry, "export", AuditEntry.objects.get())
    assert answer["Content-Type"].startswith("text/csv")
    assert b"role.updated" in answer.content


@pytest.mark.security
def test_the_audit_log_cannot_be_changed(admin_client: Client, make_user: Callable[..., User]) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), description="x")
    entry = AuditEntry.objects.get()
    for verb in ("change", "delete"):
        assert admin_client.post(page(AuditEntry, verb, entry.pk), {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.get().hash == entry.hash


@pytest.mark.security
def test_the_administration_loads_nothing_from_elsewhere_and_runs_no_inline_script(admin_client: Client) -> None:
    policy = admin_client.get(reverse("admin:index"))["Content-Security-Policy"]
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(directive for directive in policy.split("; ") if directive.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert "unsafe-eval" not in admin_client.get("/c/new")["Content-Security-Policy"]


def old_sign_in(client: Client) -> None:
    session = client.session
    [record] = session["account_authentication_methods"]
    record["at"] = time.time() - 7_200
    session.save()


@pytest.mark.security
@pytest.mark.parametrize("model", [*FORMS, SiteSettings, MoneySettings], ids=lambda model: model.__name__)
def test_who_signed_in_long_ago_changes_nothing_before_showing_that_it_is_them(
    admin_client: Client, model: Any
) -> None:
    old_sign_in(admin_client)
    path = page(model, "add") if model in FORMS else page(model, "change", "1")
    assert admin_client.get(path)["Location"].startswith("/account/reauthenticate?next=%2Fadmin%2F")
    rows = model._default_manager.count()
    made, _ = FORMS.get(model, ({}, None))
    assert admin_client.post(path, made)["Location"].startswith("/account/reauthenticate")
    assert model._default_manager.count() == rows
    admin_client.post("/account/reauthenticate", {"password": PASSWORD})
    assert admin_client.get(path).status_code == 200


@pytest.mark.security
def test_nor_do_they_act_on_lists_or_set_passwords(admin_client: Client, owner: User) -> None:
    old_sign_in(admin_client)
    act(admin_client, User, "switch_off", owner)
    paths = [reverse("admin:accounts_role_matrix"), reverse("admin:auth_user_password_change", args=[owner.pk])]
    for path in paths:
        assert admin_client.post(path, {"password1": "x", "password2": "x"})["Location"].startswith(
            "/account/reauthenticate"
        )
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.check_password(PASSWORD)

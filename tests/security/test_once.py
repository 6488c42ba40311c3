"""What counts once, or must leave somebody, when several processes do it at the same moment."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache

from accounts.models import Role, User
from accounts.services import invitations, people, roles, signup, twofactor
from tests.security.test_races import at_once

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]


def one_after(act: Callable[[], object], *refusals: type[Exception]) -> Callable[[], int]:
    """Return `act` as 1 where it is done, and 0 where it is refused in one of these ways."""

    def tried() -> int:
        try:
            act()
        except refusals:
            return 0
        return 1

    return tried


STEPS: dict[str, Callable[[User], object]] = {
    "gives the role away": lambda user: roles.give(actor=user, user=user, role=Role.USER),
    "switches the account off": lambda user: people.switch(actor=user, user=user, on=False),
}


@pytest.mark.parametrize("step", STEPS)
def test_of_all_administrators_who_step_down_at_once_one_stays(step: str, make_user: Callable[..., User]) -> None:
    admins = iter([make_user(f"Admin {number}", role=Role.ADMIN) for number in range(4)])
    refusals = (people.PersonRefused, roles.RoleRefused)
    done = at_once(4, one_after(lambda: STEPS[step](next(admins)), *refusals))
    assert sum(done) == 3
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


def test_an_invitation_makes_one_account(admin_user: User) -> None:
    role = Role.objects.get(name=Role.USER)
    made = invitations.invite(by=admin_user, email="new@example.org", role=role, mailed=False)
    token = invitations.link_of(made).partition("token=")[2]

    def accept() -> None:
        signup.sign_up(name="New", email="new@example.org", password="a long new password", invitation=token)

    assert sum(at_once(4, one_after(accept, invitations.BadInvitation, signup.EmailTaken))) == 1
    assert User.objects.filter(email="new@example.org").count() == 1


def test_a_code_opens_once(owner: User) -> None:
    begun = twofactor.begin(user=owner)
    secret = re.search(r"secret=([A-Z2-7]+)", begun.url)
    assert secret is not None
    step = int(time.time()) // 30

    def code(ahead: int) -> str:
        return str(totp.format_hotp_value(totp.hotp_value(secret[1], step + ahead)))

    twofactor.confirm(user=owner, code=code(-1))
    refusals = (twofactor.WrongCode, twofactor.TooManyCodes)
    for spent_code, expected in ((begun.backup_codes[0], 1), (begun.backup_codes[0], 0), (code(0), 1), (code(-1), 0)):
        cache.clear()
        spend = one_after(lambda spent_code=spent_code: twofactor.spend(user=owner, code=spent_code), *refusals)  # type: ignore[misc]
        assert sum(at_once(4, spend)) == expected, spent_code

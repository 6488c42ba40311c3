import pytest
from django.db import IntegrityError

from accounts.models import Role, User


@pytest.mark.django_db
def test_the_two_roles_exist_from_the_start() -> None:
    assert set(Role.objects.values_list("name", flat=True)) == {Role.USER, Role.ADMIN}


def test_an_address_belongs_to_one_person_whatever_its_case(owner: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create(email=owner.email.upper(), name="Twin")

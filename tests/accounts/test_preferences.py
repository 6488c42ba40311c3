"""What a person has set for themselves."""

import pytest
from pydantic import ValidationError

from accounts.models import User
from accounts.services.preferences import Preferences, preferences_of, set_preferences

pytestmark = pytest.mark.django_db


def test_a_new_person_has_the_defaults(owner: User) -> None:
    assert preferences_of(owner) == Preferences()


def test_only_what_differs_from_the_defaults_is_stored(owner: User) -> None:
    set_preferences(user=owner, changes={"send_with": "mod_enter", "keep_drafts": True})
    owner.refresh_from_db()
    assert owner.preferences == {"send_with": "mod_enter"}
    assert preferences_of(owner).send_with == "mod_enter"


def test_an_unknown_name_or_value_changes_nothing(owner: User) -> None:
    for changes in ({"colour": "blue"}, {"send_with": "telepathy"}):
        with pytest.raises(ValidationError):
            set_preferences(user=owner, changes=changes)
    owner.refresh_from_db()
    assert owner.preferences == {}


def test_what_an_older_version_stored_is_left_out(owner: User) -> None:
    owner.preferences = {"fork_splits": True, "gone": 1, "fork_option": "sideways"}
    assert preferences_of(owner) == Preferences(fork_splits=True)

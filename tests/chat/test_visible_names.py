"""Names of what people share or keep are made of letters that can be seen."""

import pytest

from accounts.models import User
from chat.models import Bookmark, Project
from chat.services.organise import bookmarks, projects

pytestmark = [pytest.mark.django_db, pytest.mark.security]
HIDDEN = ("Payroll \u202egpj.exe", "Pay\u200broll", "Pay\U000e0041roll")


@pytest.mark.parametrize("name", HIDDEN)
def test_case_30_names_neither_hide_letters_nor_turn_them_around(owner: User, name: str) -> None:
    """Security case 30."""
    with pytest.raises(projects.BadProject):
        projects.create(user=owner, name=name)
    with pytest.raises(bookmarks.BadBookmark):
        bookmarks.create(user=owner, name=name)
    assert not Project.objects.exists()
    assert not Bookmark.objects.exists()


def test_names_of_any_script_are_fine(owner: User) -> None:
    for name in ("مشروع", "プロジェクト", "👩‍🔬 Labor"):
        assert projects.create(user=owner, name=name).name == name

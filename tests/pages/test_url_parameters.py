"""What an address may ask for, and what is passed over."""

from uuid import uuid4

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Project
from endpoints.catalog.selection import ModelRef
from tests.cast import signed_in
from web import url_parameters

pytestmark = pytest.mark.django_db


def read(user: User, query: str, site: str = "none", **more: ModelRef) -> url_parameters.Wanted:
    request = RequestFactory().get(f"/c/new?{query}", headers={"Sec-Fetch-Site": site})
    return url_parameters.read(request, user, **more)


@pytest.mark.parametrize(
    ("query", "model"),
    [
        ("endpoint=Somewhere&model=small", ("Somewhere", "small")), ("endpoint=Somewhere", ("Somewhere", "tiny")),
        ("model=small", ("Somewhere", "small")), ("model=absent", None), ("endpoint=Nowhere", None), ("", None),
    ],
)  # fmt: skip
def test_the_model(owner: User, query: str, model: tuple[str, str] | None) -> None:
    assert read(owner, query).model_ref == (ModelRef(*model) if model else None)


def test_the_words_and_who_may_send_them(owner: User, settings: Settings) -> None:
    assert read(owner, "prompt=a&q=b").text == "a"
    assert read(owner, "q=b").text == "b"
    assert read(owner, "q=b&submit=true").submits
    for site in ("cross-site", "same-site", "same-origin", ""):
        assert not read(owner, "q=b&submit=true", site).submits
    from_elsewhere = RequestFactory().get("/c/new?q=b&submit=true", headers={"Referer": "https://evil.example/"})
    assert not url_parameters.read(from_elsewhere, owner).submits
    from_elsewhere.META["HTTP_SEC_FETCH_SITE"] = "none"
    assert not url_parameters.read(from_elsewhere, owner).submits
    assert not read(owner, "q=+&submit=true").submits
    settings.URL_AUTO_SUBMIT = False
    assert not read(owner, "q=b&submit=true").submits


def test_parameters_that_are_valid(owner: User) -> None:
    wanted = read(owner, "temperature=0.5&top_p=7&stop=a,b&promptPrefix=Be+kind&bogus=1&max_tokens=x")
    assert wanted.settings == {"temperature": 0.5, "stop": ["a", "b"], "promptPrefix": "Be kind"}


def test_a_project_must_be_one_s_own(owner: User, stranger: User) -> None:
    own, foreign = (Project.objects.create(owner=user, name="p") for user in (owner, stranger))
    assert read(owner, f"projectId={own.id}").project == own
    for other in (foreign.id, uuid4(), "x", "%00"):
        assert read(owner, f"projectId={other}").project is None


def test_the_page_carries_them_into_the_first_message(owner: User) -> None:
    project = Project.objects.create(owner=owner, name="Moon", endpoint="Somewhere", model="small")
    client = signed_in(owner)
    page = client.get(f"/c/new?projectId={project.id}&temperature=0.5&prompt=%3Cb%3E").content.decode()
    assert "&lt;b&gt;</textarea>" in page
    assert 'name="model" value="small"' in page
    data = {"text": "Hi", "endpoint": "Somewhere", "model": "small", "project": str(project.id)}
    client.post("/c/new/turns", data | {"settings": '{"temperature": 0.5}'})
    made = Conversation.objects.get()
    assert (made.project, made.settings) == (project, {"temperature": 0.5})
    client.post(f"/c/{made.id}/turns", {"text": "More", "endpoint": "Somewhere", "model": "small"})
    made.refresh_from_db()
    assert made.settings == {"temperature": 0.5}, "a message without parameters keeps them"
    bad = client.post("/c/new/turns", data | {"settings": '{"temperature": 99}'}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    foreign = client.post("/c/new/turns", data | {"project": str(uuid4())}, headers={"HX-Request": "true"})
    assert foreign.status_code == 404
    assert Conversation.objects.count() == 1

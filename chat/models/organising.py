"""What people file their conversations under."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Grant, User
from accounts.services import grants
from core.ids import uuid7


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> "ProjectQuerySet":
        """Keep the person's own, and what others share with them."""
        return self.filter(Q(owner=user) | Q(id__in=grants.visible_ids(user, Project.KIND)))


class Project(models.Model):
    """A folder of conversations, with instructions and a model that new ones begin with.

    It may be shared (see `accounts.services.grants`); the conversations in it stay each person's own.
    """

    KIND = "project"  # in the access list

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    instructions = models.TextField(max_length=32_000, blank=True)  # go before the system prompt of its conversations
    endpoint = models.CharField(max_length=128, blank=True)  # with `model`: what a new conversation in it uses
    model = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    rights = 0  # of who asks; set by the doors

    def __str__(self) -> str:
        return self.name

    @property
    def may_edit(self) -> bool:
        return bool(self.rights & Grant.EDIT)

    @property
    def may_delete(self) -> bool:
        return bool(self.rights & Grant.DELETE)

    @property
    def may_share(self) -> bool:
        return bool(self.rights & Grant.SHARE)


class Bookmark(models.Model):
    """A person's own label for conversations. How many bear it is counted, never stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bookmarks")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=1000, blank=True)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chat_tag"
        constraints = [models.UniqueConstraint("owner", "name", name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """A model, or a model spec, that a person keeps at hand."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    endpoint = models.CharField(max_length=256, blank=True)
    model = models.CharField(max_length=256, blank=True)
    spec = models.CharField(
        max_length=256, blank=True, default="", db_default=""
    )  # its name; the other two are then empty
    position = models.PositiveIntegerField(default=0)

    label = ""  # what people read, set by who lists it

    class Meta:
        constraints = [models.UniqueConstraint("owner", "endpoint", "model", "spec", name="favourite_once")]

    def __str__(self) -> str:
        return self.spec or f"{self.endpoint}: {self.model}"

"""The only functions that turn an external id into a person or a key. A stranger gets 404."""

from uuid import UUID

from django.http import Http404

from accounts.models import ApiKey, User
from accounts.services import groups


def api_key_for(user: User, key_id: UUID) -> ApiKey:
    """Return the key if it is `user`'s. Raises `Http404`."""
    api_key = ApiKey.objects.filter(user=user, id=key_id).first()
    if api_key is None:
        raise Http404("There is no such key.")
    return api_key


def managed_person_for(manager: User, user_id: UUID) -> User:
    """Return the person if `manager` manages a group they are in. Raises `Http404`."""
    user = User.objects.filter(id=user_id).first()
    if user is None or not groups.is_manager_of(manager, user):
        raise Http404("There is no such person.")
    return user

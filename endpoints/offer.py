"""What the site offers to one person: the registry, less what their role may not use."""

from accounts.access import access_of
from accounts.models import User
from endpoints import registry
from endpoints.adapters.base import Endpoint


class Offer:
    """The same questions as `endpoints.registry.Registry`, answered for a role. Cheap to make and to ask."""

    def __init__(self, role: str, who: str = "") -> None:
        self._registry = registry.current()
        self._who = who
        self._access = access_of(role)

    @property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints with at least one model for this role, in the order people see them."""
        if not self._access.rows:
            return list(self._registry.endpoints)
        return [each for each in self._registry.endpoints if self.models(each.name)]

    @property
    def only_local(self) -> bool:
        return self._registry.only_local

    def get(self, name: str) -> Endpoint | None:
        return self._registry.get(name)

    def models(self, name: str) -> tuple[str, ...]:
        models = self._registry.models(name, self._who)
        return tuple(model for model in models if self._access.allows(name, model)) if self._access.rows else models

    def default(self) -> tuple[Endpoint, str] | None:
        for endpoint in self._registry.endpoints:
            models = self.models(endpoint.name)
            if models:
                return endpoint, models[0]
        return None

    def allows(self, name: str, model: str) -> bool:
        return self._access.allows(name, model) and self._registry.allows(name, model, self._who)


def offer_for(user: User) -> Offer:
    """Return what this person may choose from."""
    return Offer(user.role_name, str(user.id))

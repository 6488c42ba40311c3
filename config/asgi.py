"""The ASGI entry. Neutral towards the server: Daphne by default, any other may run it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
stock = get_asgi_application()  # also loads the apps, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from chat.consumers import TabConsumer  # noqa: E402
from config.handlers import OneHopHandler, Receive, Scope, Send  # noqa: E402
from endpoints import registry  # noqa: E402

# Answered by async views, or file by file: these paths go to Django's own handler.
STREAMING = ("/api/agents/chat/stream/", "/api/convos/gen_title/", "/static/")
# Answered only after a server elsewhere has: they must not hold one of the few threads of `one_hop`.
WAITING = (
    "/oauth/",
    *(provider.callback for provider in settings.IDENTITY_PROVIDERS.values()),
    *(("/login", "/api/auth/login", "/api/admin/login/") if settings.DIRECTORY else ()),
    *(("/logout",) if settings.OPENID and settings.OPENID.end_session else ()),
)

registry.current()  # a faulty configuration stops the start, not the first request
one_hop = OneHopHandler()


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    handler = stock if scope["path"].startswith(STREAMING + WAITING) else one_hop
    await handler(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([path("ws", TabConsumer.as_asgi())]))),
    }
)

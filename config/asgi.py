"""The ASGI entry point. It works with any server; Daphne is the default."""

import sys

from django.core.asgi import get_asgi_application

from config.start import explain, load_settings

load_settings()
stock = get_asgi_application()  # also loads the apps, which the imports below need

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from core.http import bodies, edge, sockets  # noqa: E402
from core.http.bodies import Receive, Scope, Send  # noqa: E402
from core.http.handlers import OneHopHandler  # noqa: E402
from endpoints.catalog import registry  # noqa: E402
from web.consumers import TabConsumer  # noqa: E402

# Answered by async views, or file by file: these paths go to Django's own handler.
STREAMING = ("/api/agents/chat/stream/", "/api/convos/gen_title/", "/static/")
# Answered only after a server elsewhere has: they must not hold one of the few threads of `one_hop`.
WAITING = (
    "/oauth/",
    *(provider.callback for provider in settings.IDENTITY_PROVIDERS.values()),
    *(("/login", "/api/auth/login", "/api/admin/login/") if settings.DIRECTORY else ()),
    *(("/logout",) if settings.OPENID and settings.OPENID.end_session else ()),
)

try:
    registry.current()
except ImproperlyConfigured as fault:
    explain(fault)  # a faulty configuration stops the start, not the first request
one_hop = OneHopHandler()


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    handler = stock if scope["path"].startswith(STREAMING + WAITING) else one_hop
    await handler(scope, receive, send)


if "daphne.server" in sys.modules:
    from core.http import daphne

    daphne.install()

application = ProtocolTypeRouter(
    {
        "http": bodies.limited(edge.typed(http)),
        "websocket": sockets.at_its_address(TabConsumer.as_asgi()),
    }
)

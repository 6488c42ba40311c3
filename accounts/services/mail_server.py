"""The connection to the mail server, whose certificate may name another host, or be self-signed."""

import ssl
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp
from django.utils.functional import cached_property


class NamedContext(ssl.SSLContext):
    """Compares the server's certificate with `name` instead of the host that is connected to."""

    name = ""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **kwargs | {"server_hostname": self.name})


class EmailBackend(smtp.EmailBackend):
    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        context.name = settings.EMAIL_ENCRYPTION_HOSTNAME or self.host
        if settings.EMAIL_ALLOW_SELFSIGNED:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

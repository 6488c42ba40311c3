"""The mail server, read from the environment."""

from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment.reader import env

# host, port, encryption
SERVICES: Final = {
    "brevo": ("smtp-relay.brevo.com", 587, "starttls"),
    "fastmail": ("smtp.fastmail.com", 465, "tls"),
    "gmail": ("smtp.gmail.com", 465, "tls"),
    "gmx": ("mail.gmx.net", 587, "starttls"),
    "icloud": ("smtp.mail.me.com", 587, "starttls"),
    "mailgun": ("smtp.mailgun.org", 465, "tls"),
    "mailjet": ("in-v3.mailjet.com", 587, "starttls"),
    "outlook365": ("smtp.office365.com", 587, "starttls"),
    "postmark": ("smtp.postmarkapp.com", 587, "starttls"),
    "sendgrid": ("smtp.sendgrid.net", 587, "starttls"),
    "yahoo": ("smtp.mail.yahoo.com", 465, "tls"),
    "zoho": ("smtp.zoho.com", 465, "tls"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """`tls_name` is what the server's certificate must name, where that is not `host`."""

    host: str
    port: int
    encryption: str
    username: str
    password: str = field(repr=False)
    sender: str
    tls_name: str
    any_certificate: bool


def server() -> Mail:
    """Return where mail is given to; without a host it is nowhere."""
    service = env.text("EMAIL_SERVICE").lower()
    if service and service not in SERVICES:
        raise ImproperlyConfigured(f"EMAIL_SERVICE must be one of {', '.join(SERVICES)}. For others, set EMAIL_HOST.")
    host, port, encryption = SERVICES.get(service, (env.text("EMAIL_HOST"), 25, ""))
    mail = Mail(
        host=host,
        port=env.whole("EMAIL_PORT", port, least=1, most=65_535),
        encryption=env.choice("EMAIL_ENCRYPTION", encryption, ("starttls", "tls")),
        username=env.text("EMAIL_USERNAME"),
        password=env.secret("EMAIL_PASSWORD"),
        sender=env.text("EMAIL_FROM"),
        tls_name=env.text("EMAIL_ENCRYPTION_HOSTNAME"),
        any_certificate=env.switch("EMAIL_ALLOW_SELFSIGNED", False),
    )
    if mail.host and not mail.sender:
        raise ImproperlyConfigured("A mail server is set, so EMAIL_FROM must be set to the sender's address")
    return mail

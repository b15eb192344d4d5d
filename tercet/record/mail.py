"""Mail: written into the outbox with the change that causes it, sent by the worker.

Until `TERCET_MAIL` is set nothing leaves; an administrator reads the outbox page instead.
"""

import re
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.db import transaction
from django.utils import timezone

from tercet.people.models import Workspace
from tercet.record.jobs import enqueue, job
from tercet.record.models import Mail

BATCH = 50


@transaction.atomic
def write_mail(
    to: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    workspace: Workspace | None = None,
) -> Mail:
    """Put a mail into the outbox, in the caller's transaction."""
    row = Mail.objects.create(
        workspace=workspace,
        to=_one_line(to),
        subject=_one_line(subject)[:300],
        text=text,
        html=html,
        created_at=timezone.now(),
    )
    if settings.ENV.mail is not None:
        enqueue("record.send_mail", key="record.send_mail")
    return row


class OutboxBackend(BaseEmailBackend):
    """Django's and allauth's own mails take the same way."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            html = next((str(part[0]) for part in getattr(message, "alternatives", [])), "")
            for to in message.recipients():
                write_mail(to, str(message.subject), str(message.body), html=html)
        return len(email_messages)


@job("record.send_mail", priority=5)
def send_mail() -> None:
    """Send what waits. A mail that was handed over is marked at once, one by one."""
    if settings.ENV.mail is None:
        return
    with _server() as server:
        for row in Mail.objects.filter(sent_at=None, problem="").order_by("id")[:BATCH]:
            _send(row, server)
    if Mail.objects.filter(sent_at=None, problem="").exists():
        enqueue("record.send_mail", key="record.send_mail")


def _send(row: Mail, server: BaseEmailBackend) -> None:
    message = EmailMultiAlternatives(
        subject=row.subject,
        body=row.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[row.to],
        headers={"Message-ID": f"<mail-{row.pk}@{settings.ENV.url.hostname}>"},
        connection=server,
    )
    if row.html:
        message.attach_alternative(row.html, "text/html")
    try:
        message.send()
    except _refused_by_server() as error:
        Mail.objects.filter(pk=row.pk).update(problem=f"{type(error).__name__}: {error}"[:300])
    else:
        Mail.objects.filter(pk=row.pk).update(sent_at=timezone.now())


def _refused_by_server() -> type[Exception]:
    """What no second try would mend. A server that is away raises OSError; the job tries again."""
    from smtplib import SMTPRecipientsRefused

    return SMTPRecipientsRefused


def _server() -> BaseEmailBackend:
    server = settings.ENV.mail
    secure = server.scheme == "smtps"
    return get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=server.hostname,
        port=server.port or (465 if secure else 25),
        username=server.username or "",
        password=server.password or "",
        use_ssl=secure,
        use_tls=not secure and server.port == 587,
        timeout=15,
    )


def _one_line(text: str) -> str:
    """A header holds one line: whoever smuggles in a line break gets a space."""
    return re.sub(r"[\r\n]+", " ", text).strip()

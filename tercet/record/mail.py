"""Mail: written into the outbox with the change that causes it, sent by the worker.

Until `TERCET_MAIL` is set nothing leaves; an administrator reads the outbox page instead.
"""

import re
import smtplib
from collections.abc import Sequence
from datetime import timedelta

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
KEEPS_TRYING = timedelta(days=3)


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
    _give_up_old()
    put_off: Exception | None = None
    with _server() as server:
        for row in Mail.objects.filter(sent_at=None, problem="").order_by("id")[:BATCH]:
            put_off = _send(row, server) or put_off
    if put_off is not None:
        # The others are sent; this one is tried again with the job.
        raise put_off
    if Mail.objects.filter(sent_at=None, problem="").exists():
        enqueue("record.send_mail", key="record.send_mail")


def _give_up_old() -> None:
    """A server that is set late must not send the codes and links of weeks ago."""
    old = Mail.objects.filter(
        sent_at=None, problem="", created_at__lt=timezone.now() - KEEPS_TRYING
    )
    old.update(problem=f"Not sent: it waited for more than {KEEPS_TRYING.days} days.")


def _send(row: Mail, server: BaseEmailBackend) -> Exception | None:
    """Hand a mail over. Returns what may go better later; a refusal for good is noted."""
    try:
        _message(row, server).send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException, ValueError) as error:
        if not _is_for_good(error):
            return error
        problem = f"{type(error).__name__}: {error}"[:300]
        Mail.objects.filter(pk=row.pk).update(problem=problem)
    else:
        Mail.objects.filter(pk=row.pk).update(sent_at=timezone.now())
    return None


def _message(row: Mail, server: BaseEmailBackend) -> EmailMultiAlternatives:
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
    return message


def _is_for_good(error: Exception) -> bool:
    """A server's 5xx, or an address that no server can be told. Its 4xx means later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return True


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

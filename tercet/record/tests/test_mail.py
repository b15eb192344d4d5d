"""Mails wait in the outbox; with a server set they leave, once, as what they are."""

import socket
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller

from tercet.record.mail import send_mail, write_mail
from tercet.record.models import Job, Mail


class Postman:
    """A mail server on loopback that keeps what it gets, and refuses two addresses."""

    def __init__(self):
        self.got = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.got.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def postman(db, settings):
    keeper = Postman()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    settings.ENV = replace(settings.ENV, mail=urlsplit(f"smtp://127.0.0.1:{port}"))
    yield keeper
    controller.stop()


def test_without_a_server_mails_stay(db):
    write_mail("ada@quay.example", "Hello", "Text")
    send_mail()

    assert Mail.objects.get().sent_at is None
    assert not Job.objects.exists()


def test_a_mail_leaves_once_with_its_words(postman):
    write_mail("ada@quay.example", "Grüße vom Kai", "Größe zählt: <b>nicht</b>\n")
    send_mail()
    send_mail()

    ((to, text),) = postman.got
    assert to == ["ada@quay.example"]
    assert "Subject: =?utf-8?" in text
    assert "From: Tercet <tercet@127.0.0.1>" in text
    assert Mail.objects.get().sent_at is not None


def test_a_line_break_in_a_subject_makes_no_header(postman):
    write_mail(
        "ada@quay.example",
        "Hello\r\nBcc: oto@mill.example\r\n\r\nOther text",
        "Text",
    )
    send_mail()

    ((to, text),) = postman.got
    headers = text.split("\r\n\r\n")[0]
    assert to == ["ada@quay.example"]
    assert "\r\nBcc:" not in headers
    assert "Hello Bcc: oto@mill.example" in headers


def test_a_line_break_in_an_address_reaches_nobody_else(postman):
    write_mail("ada@quay.example\r\nRCPT TO:<oto@mill.example>", "Hello", "Text")
    send_mail()

    assert not [to for to, _ in postman.got if "oto@mill.example" in to]
    assert Mail.objects.get().sent_at is None


def test_a_mailbox_that_is_none_is_noted_and_holds_nobody_up(postman):
    write_mail("nobody@quay.example", "Hello", "Text")
    write_mail("ada@quay.example", "Hello", "Text")
    send_mail()

    assert [to for to, _ in postman.got] == [["ada@quay.example"]]
    assert "550" in Mail.objects.get(to="nobody@quay.example").problem


def test_a_busy_mailbox_is_tried_again_and_holds_nobody_up(postman):
    write_mail("busy@quay.example", "Hello", "Text")
    write_mail("ada@quay.example", "Hello", "Text")
    with pytest.raises(Exception, match="451"):
        send_mail()

    assert [to for to, _ in postman.got] == [["ada@quay.example"]]
    assert Mail.objects.get(to="busy@quay.example").problem == ""


def test_a_server_that_is_set_late_sends_nothing_old(postman):
    row = write_mail("ada@quay.example", "Your code", "ABC-123")
    Mail.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=4))
    send_mail()

    assert postman.got == []
    assert "more than 3 days" in Mail.objects.get().problem


def test_a_server_that_is_away_loses_nothing(db, settings):
    settings.ENV = replace(settings.ENV, mail=urlsplit("smtp://127.0.0.1:1"))
    write_mail("ada@quay.example", "Hello", "Text")

    with pytest.raises(OSError, match="refused"):
        send_mail()

    assert Mail.objects.get().sent_at is None
    assert Job.objects.get().name == "record.send_mail"

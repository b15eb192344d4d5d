"""Ways in: a password, a mailed code, a one-time link; and everything that must not be one."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from tercet.people import commands
from tercet.people.models import Person
from tercet.record.models import Mail

PASSWORD = "harbour cranes at dawn"


@pytest.fixture(autouse=True)
def mails_go_into_the_outbox(settings):
    """pytest-django puts a list in its place."""
    settings.EMAIL_BACKEND = "tercet.record.mail.OutboxBackend"


@pytest.fixture
def ada(world):
    world.ada.person.set_password(PASSWORD)
    world.ada.person.save()
    commands.vouch_for_mail(world.ada.person, now=timezone.now())
    return world.ada.person


def sign_in(client, email, password):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_a_password_lets_in_and_leads_to_the_workspace(ada, client):
    answer = client.post(
        reverse("account_login"), {"login": ada.email, "password": PASSWORD}, follow=True
    )

    assert answer.redirect_chain[-1][0] == reverse("home:my_week_page", args=["quay"])
    assert answer.status_code == 200


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(ada, client):
    wrong = sign_in(client, ada.email, "not the password at all")
    unknown = sign_in(client, "nobody@quay.example", "not the password at all")

    assert wrong.status_code == unknown.status_code == 200
    assert said(wrong) == said(unknown) != ""


def test_a_megabyte_of_password_is_refused_before_it_is_hashed(ada, client, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("hashed")

    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.verify", never)
    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.encode", never)

    known = sign_in(client, ada.email, "x" * 1_000_000)
    unknown = sign_in(client, "nobody@quay.example", "x" * 1_000_000)

    assert said(known) == said(unknown) != ""


def test_the_eleventh_attempt_in_a_quarter_of_an_hour_is_not_tried(ada, client):
    cache.clear()
    for _ in range(10):
        sign_in(client, ada.email, "wrong again and again")

    answer = sign_in(client, ada.email, PASSWORD)

    assert "Too many" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_mailed_code_lets_in(ada, client):
    answer = client.post(reverse("account_request_login_code"), {"email": ada.email}, follow=True)
    assert answer.status_code == 200
    mail = Mail.objects.get()
    assert mail.to == ada.email

    client.post(reverse("account_confirm_login_code"), {"code": code_in(mail)})

    assert client.session["_auth_user_id"] == str(ada.pk)
    ada.refresh_from_db()
    assert ada.has_usable_password()


def test_a_code_for_an_unknown_person_looks_the_same_and_mails_nobody(ada, client):
    known = client.post(reverse("account_request_login_code"), {"email": ada.email})
    Mail.objects.all().delete()
    unknown = client.post(reverse("account_request_login_code"), {"email": "no@quay.example"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert not Mail.objects.exists()


def test_after_five_wrong_codes_the_right_one_is_dead(ada, client):
    client.post(reverse("account_request_login_code"), {"email": ada.email})
    code = code_in(Mail.objects.get())
    for _ in range(5):
        client.post(reverse("account_confirm_login_code"), {"code": "WRONG1"})

    client.post(reverse("account_confirm_login_code"), {"code": code})

    assert "_auth_user_id" not in client.session


def test_a_mailbox_takes_an_account_back_from_whoever_opened_it_first(ada, client):
    Person.objects.filter(pk=ada.pk).update(mail_proven_at=None)
    intruder = type(client)()
    sign_in(intruder, ada.email, PASSWORD)
    client.post(reverse("account_request_login_code"), {"email": ada.email})

    client.post(reverse("account_confirm_login_code"), {"code": code_in(Mail.objects.get())})

    ada.refresh_from_db()
    assert not ada.has_usable_password()
    assert client.get(reverse("own_account_page")).status_code == 200
    assert intruder.get(reverse("own_account_page")).status_code == 302


def test_a_forgotten_password_is_set_anew_by_mail(ada, client):
    Person.objects.filter(pk=ada.pk).update(mail_proven_at=None)
    client.post(reverse("account_reset_password"), {"email": ada.email})
    link = re.search(r"http://\S+(/account/password/reset/key/\S+)", Mail.objects.get().text)[1]
    page = client.get(link, follow=True)
    form = page.redirect_chain[-1][0]

    weak = client.post(form, {"password1": "short", "password2": "short"})
    assert "at least 12 characters" in weak.content.decode()
    long = client.post(form, {"password1": "x" * 129, "password2": "x" * 129})
    assert "at most 128" in long.content.decode()
    new = "a lighthouse in the fog"
    client.post(form, {"password1": new, "password2": new})

    ada.refresh_from_db()
    assert ada.check_password(new)
    assert ada.mail_proven_at is not None


def test_a_changed_password_is_told_by_mail_and_ends_other_devices(ada, client):
    other = type(client)()
    sign_in(other, ada.email, PASSWORD)
    sign_in(client, ada.email, PASSWORD)
    new = "a lighthouse in the fog"

    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form)

    assert client.get(reverse("own_account_page")).status_code == 200
    assert other.get(reverse("own_account_page")).status_code == 302
    assert "If this was not you" in Mail.objects.get().text


def test_nobody_signs_up_alone(world, client):
    form = {"email": "new@quay.example", "password1": PASSWORD}
    answer = client.post(reverse("account_signup"), form)

    assert "by invitation" in answer.content.decode()
    assert not Person.objects.filter(email="new@quay.example").exists()


def test_a_link_lets_in_once(world, client):
    token = commands.make_sign_in_link(world.ada.person, now=timezone.now())
    page = reverse("sign_in_by_link", args=[token])
    assert client.get(page).status_code == 200
    assert "_auth_user_id" not in client.session

    client.post(page)
    assert client.session["_auth_user_id"] == str(world.ada.person_id)

    again = type(client)().post(page)
    assert again.status_code == 422
    assert "has been used" in again.content.decode()


def test_an_old_link_lets_nobody_in(world, client):
    then = timezone.now() - timedelta(hours=25)
    token = commands.make_sign_in_link(world.ada.person, now=then)

    assert client.post(reverse("sign_in_by_link", args=[token])).status_code == 422


def test_the_command_prints_a_link_and_names_who_is_missing(world, capsys):
    call_command("sign-in-link", "ada@quay.example")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/link/\S{43}\n", capsys.readouterr().out)

    with pytest.raises(CommandError, match="Nobody here has the address"):
        call_command("sign-in-link", "who@quay.example")


def test_another_device_is_signed_out_from_the_own_account(ada, client):
    other = type(client)()
    sign_in(other, ada.email, PASSWORD)
    sign_in(client, ada.email, PASSWORD)
    page = client.get(reverse("own_account_page")).content.decode()
    found = re.search(r"/account/sessions/(\d+)/end/", page)

    client.post(reverse("end_session", args=[int(found[1])]))

    assert other.get(reverse("own_account_page")).status_code == 302
    assert client.get(reverse("own_account_page")).status_code == 200


def test_nobody_ends_the_session_of_somebody_else(world, ada, client, as_):
    sign_in(client, ada.email, PASSWORD)
    from allauth.usersessions.models import UserSession

    session = UserSession.objects.get(user=ada)

    answer = as_(world.oto).post(reverse("end_session", args=[session.pk]))

    assert answer.status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


def test_the_second_factor_is_a_picture_of_our_own_address(ada, client):
    sign_in(client, ada.email, PASSWORD)
    assert client.get(reverse("totp_picture")).status_code == 404
    assert client.get(reverse("mfa_activate_totp")).status_code == 302
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()

    picture = client.get(reverse("totp_picture"))

    assert reverse("totp_picture") in page
    assert "data:" not in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content


def test_a_second_factor_stands_between_the_password_and_the_workspace(ada, client):
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    answer = sign_in(client, ada.email, PASSWORD)
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session

    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value("JBSWY3DPEHPK3PXP", counter))
    client.post(reverse("mfa_authenticate"), {"code": code})

    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_request_login_code",
        "account_reset_password",
        "account_signup",
        "account_change_password",
        "mfa_index",
        "own_account_page",
    ],
)
def test_every_page_stands_in_the_product_s_frame(ada, client, name):
    if name not in {"account_login", "account_request_login_code", "account_signup"}:
        sign_in(client, ada.email, PASSWORD)

    page = client.get(reverse(name))

    assert page.status_code == 200
    assert "kit/css/tokens.css" in page.content.decode()
    assert "style=" not in page.content.decode()


def code_in(mail):
    return re.search(r"^([A-Z0-9-]{6,9})$", mail.text, re.MULTILINE)[1]


def said(answer):
    found = re.findall(r'role="alert".*?</div></div>', answer.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", "".join(found))

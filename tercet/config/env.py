"""Everything that Tercet reads from its environment, once, with every bad value named at once."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from tercet.config.sqlite import WAL_IS_SAFE

HELP = {
    "TERCET_DATA": "Folder for database, files, Parquet and secret key. Default: ./var",
    "TERCET_DATABASE": "postgresql://user:password@host:port/name. Default: SQLite in TERCET_DATA",
    "TERCET_URL": "The address people type. https makes cookies Secure. Default: http://127.0.0.1:8000",
    "TERCET_MAIL": "smtp://user:password@host:port or smtps://… Until then mails lie in the outbox",
    "TERCET_MAIL_FROM": "The sender of mails. Default: Tercet <tercet@the host of TERCET_URL>",
    "TERCET_TRUSTED_PROXIES": "How many proxies stand in front and set X-Forwarded-For. Default: 0",
    "TERCET_SECRET_KEY": "The signing key. Default: made at first start, kept in TERCET_DATA",
    "TERCET_DEBUG": "1 shows error pages with source. For development only. Default: 0",
}


class BadEnvironment(Exception):
    """One or more variables have values that cannot be used; the message names all of them."""


@dataclass(frozen=True)
class Environment:
    data: Path
    database: dict[str, Any]
    url: SplitResult
    mail: SplitResult | None
    mail_from: str
    trusted_proxies: int
    secret_key: str
    debug: bool

    @property
    def is_https(self) -> bool:
        return self.url.scheme == "https"

    @property
    def script_name(self) -> str:
        return self.url.path.rstrip("/")

    @property
    def is_sqlite(self) -> bool:
        return self.database["ENGINE"] == "tercet.config.sqlite"


def read(environ: Mapping[str, str] = os.environ) -> Environment:
    bad: list[str] = []

    def take(name: str, parse: Any, default: str) -> Any:
        value = environ.get(name) or default
        try:
            return parse(value)
        except ValueError as error:
            bad.append(f"{name}={value!r}: {error}. {HELP[name]}")
            return None

    data = Path(environ.get("TERCET_DATA") or "var").resolve()
    url = take("TERCET_URL", _web_address, "http://127.0.0.1:8000")
    database = take("TERCET_DATABASE", lambda text: _database(text, data), "sqlite")
    mail = take("TERCET_MAIL", _mail_server, "") if environ.get("TERCET_MAIL") else None
    proxies = take("TERCET_TRUSTED_PROXIES", _count, "0")
    debug = take("TERCET_DEBUG", _switch, "0")
    if bad:
        raise BadEnvironment("These settings cannot be used:\n  " + "\n  ".join(bad))

    return Environment(
        data=data,
        database=database,
        url=url,
        mail=mail,
        mail_from=environ.get("TERCET_MAIL_FROM") or f"Tercet <tercet@{url.hostname}>",
        trusted_proxies=proxies,
        secret_key=environ.get("TERCET_SECRET_KEY") or _kept_secret(data),
        debug=debug,
    )


def _web_address(text: str) -> SplitResult:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected http://host or https://host")
    return parts


def _mail_server(text: str) -> SplitResult:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("expected smtp://host:port or smtps://host:port")
    return parts


def _count(text: str) -> int:
    if not text.isdigit():
        raise ValueError("expected a whole number from 0")
    return int(text)


def _switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("expected 0 or 1")
    return text == "1"


def _database(text: str, data: Path) -> dict[str, Any]:
    if text == "sqlite":
        return _sqlite(data / "tercet.sqlite3")
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ValueError("expected postgresql://user:password@host:port/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 20}},
    }


def _sqlite(path: Path) -> dict[str, Any]:
    journal = "WAL" if WAL_IS_SAFE else "DELETE"
    return {
        "ENGINE": "tercet.config.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                f"PRAGMA journal_mode={journal};"
                "PRAGMA synchronous=FULL;"
                "PRAGMA foreign_keys=ON;"
                "PRAGMA secure_delete=ON;"
                "PRAGMA cell_size_check=ON;"
                "PRAGMA temp_store=FILE;"
                "PRAGMA cache_size=-16000;"
            ),
        },
    }


def _kept_secret(data: Path) -> str:
    """The signing key, made once. Whoever wins the race to create the file decides it."""
    path = data / "secret-key"
    data.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key

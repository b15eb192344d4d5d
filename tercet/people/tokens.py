"""Secrets that are shown once: made here, kept only as a hash."""

import hashlib
import secrets


def new_token() -> tuple[str, str]:
    """A token for the link and the hash that the database keeps."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

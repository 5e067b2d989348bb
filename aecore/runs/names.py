"""Ids, which never change, and names, which a person may change."""

import secrets
from datetime import datetime

from aecore.errors import RunError

MAX_NAME = 80


def new_id(now: datetime, word: str) -> str:
    """An id that sorts by time (UTC) and can be read: 20261122-103355-variational-7f3a."""
    return f"{now:%Y%m%d-%H%M%S}-{word}-{secrets.token_hex(2)}"


def clean_name(name: str, most: int = MAX_NAME, what: str = "run") -> str:
    """The name without blanks around it. RunError when it is empty, longer than `most` or not for reading."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise RunError(f"The name is empty: give the {what} at least one letter.")
    if len(cleaned) > most:
        raise RunError(f"The name has {len(cleaned)} characters: choose at most {most}.")
    if not cleaned.isprintable():
        raise RunError(f"The name {cleaned!r} has characters that cannot be shown: leave them out.")
    return cleaned

"""What is thrown away when the lab is started again: deleted runs, and zips that were made for downloads."""

from functools import cache

from aecore.runs.store import Runs


@cache
def tidy_up_once() -> None:
    """At the first visit after a start; later calls do nothing. No page has offered to undo anything by then."""
    Runs().empty_trash()

"""The one picture that makes a variant's point: a file for each, called as the variant calls its picture.

A file offers `show(key, dataset)`: it reads what is there (the data set, runs that are finished) and asks
`aecore.analysis` once. Pictures that need a run of the right kind take the newest one; where there is none they say
which one to train.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.variants.variant import Variant
from pages.shared.opened import open_for_page
from pages.shared.pickers import has_weights

if TYPE_CHECKING:
    from aecore.runs.opened import OpenRun


def show_point(page: str, variant: Variant, dataset: str) -> None:
    """The picture of `variant`, on images of `dataset` where it needs some."""
    importlib.import_module(f"{__name__}.{variant.picture}").show(f"{page}.point.{variant.key}", dataset)


def newest(fits: Callable[[RunSummary], bool]) -> "OpenRun | None":
    """The newest run that fits and has weights."""
    runs = Runs()
    found = next((each for each in runs.list() if fits(each) and not has_weights(each)), None)
    return None if found is None else open_for_page(runs.get(found.id))

"""Load what is heavy after the first page is on screen, so that the first click on Train does not wait for it.

Importing torch takes about two seconds. A page must not wait for that, and neither should the next one, nor the worker
that trains: one that has loaded it already stands by.
"""

import importlib
import threading
from functools import cache

# What the pages import when they need it: torch, scikit-learn and Plotly come along.
HEAVY_MODULES = (
    "aecore.runs.opened",
    "aecore.analysis.estimate",
    "aecore.analysis.latent",
    "aecore.analysis.export",
    "aecore.plots.training",
)
DELAY_S = 1.0  # the browser is still fetching the page when the script has run: leave the processor to it


@cache
def warm_up_once() -> threading.Timer:
    """Start the loading in the background, at the first call in this process; later calls do nothing."""
    timer = threading.Timer(DELAY_S, _load)
    timer.daemon = True
    timer.start()
    return timer


def _load() -> None:
    for name in HEAVY_MODULES:
        importlib.import_module(name)
    from aecore.jobs.standby import standby_launcher

    standby_launcher().keep_one()

"""Where the Chromium for the browser tests is, and what to do where there is none.

Elsewhere than in CI a missing browser skips its tests with the reason; LATENT_LAB_REQUIRE_BROWSER=1 makes it a failure.
"""

import os
import shutil
from pathlib import Path

import pytest

# The first has no windows and needs two thirds of the time of the others.
HEADLESS = "chromium-headless-shell"
NAMES = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """The program to give to Playwright as `executable_path`; None where there is none."""
    on_path = (shutil.which(name) for name in NAMES)
    applications = (path for path in APPLICATIONS if Path(path).exists())
    return next((found for found in (*on_path, *applications) if found), None)


def require_chromium() -> str:
    """The same, but skips the test that asks where there is none, or fails it where a browser is required."""
    found = find_chromium()
    if found:
        return found
    reason = "no Chromium found: install it (on Debian: apt install chromium-headless-shell) to run the browser tests"
    if os.environ.get("LATENT_LAB_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

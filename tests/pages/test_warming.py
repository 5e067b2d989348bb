"""What is loaded in advance exists, and is loaded once."""

import importlib.util

import pytest

from pages.shared import warming


@pytest.mark.parametrize("name", warming.HEAVY_MODULES)
def test_what_is_loaded_in_advance_exists(name):
    assert importlib.util.find_spec(name)


def test_loading_starts_once_and_does_not_keep_the_server_from_stopping(monkeypatch):
    loaded = []
    monkeypatch.setenv("AECORE_STANDBY", "off")
    monkeypatch.setattr(warming, "DELAY_S", 0.0)
    monkeypatch.setattr(warming.importlib, "import_module", loaded.append)
    warming.warm_up_once.cache_clear()
    timer = warming.warm_up_once()
    assert warming.warm_up_once() is timer
    timer.join()
    warming.warm_up_once.cache_clear()
    assert timer.daemon
    assert loaded == list(warming.HEAVY_MODULES)

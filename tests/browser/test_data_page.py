"""Own pictures in a real browser: dropped, previewed, taken in, looked at; hostile ones told apart, one by one."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.servers import PROJECT, serving
from tests.hostile import make_archives, make_corpus
from tests.photographs import photographs

INTAKE_MS = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with data of its own."""
    folder = tmp_path_factory.mktemp("data-page")
    places = {"AECORE_RUNS": str(folder / "runs"), "AECORE_DATA": str(folder / "data")}
    with serving(PROJECT / "app.py", folder / "server.log", **places) as url:
        yield url


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    return photographs(tmp_path_factory.mktemp("photographs") / "holidays", 300)


def drop(tab, *paths: Path) -> None:
    tab.locator("input[type=file]").set_input_files([str(path) for path in paths])


def add(tab, name: str) -> None:
    field = tab.get_by_role("textbox", name="Name of the data set")
    field.fill(name)
    field.press("Tab")
    tab.get_by_role("button", name="Add", exact=True).click()


def test_photographs_are_dropped_taken_in_while_the_tab_is_closed_looked_at_and_trained_on(
    open_tab, server, photos, tmp_path
):
    archive = Path(shutil.make_archive(str(tmp_path / "holidays"), "zip", photos.parent, photos.name))
    first = open_tab()
    first.goto(f"{server}/data?add=yes")
    drop(first, archive)
    first.get_by_text("300 files in 2 classes: building (150), flower (150)").wait_for()
    expect(first.locator(".lab-row img")).to_have_count(15)
    add(first, "Holidays 2026")
    first.get_by_text("Taking in Holidays 2026").or_(first.get_by_text("has 300 pictures")).first.wait_for()
    first.close()

    second = open_tab()
    second.goto(f"{server}/data?add=yes")
    second.get_by_text("Holidays 2026 has 300 pictures.").wait_for(timeout=INTAKE_MS)
    second.get_by_role("button", name="Look at it").click()

    second.get_by_alt_text("Mean of building").wait_for()
    assert "data=holidays_2026" in second.url
    second.get_by_text("240 training, 30 validation and 30 test images · 64×64 pixels, colour").wait_for()
    second.get_by_text("All pictures", exact=True).click()
    second.get_by_text("Test", exact=True).click()
    second.get_by_text("1 to 30 of 30 images").wait_for()
    seen = second.locator(".lab-row img")
    expect(seen).to_have_count(30)
    assert seen.first.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [64, 64]
    second.get_by_role("button", name="Train on it").click()
    second.get_by_role("heading", name="Train", exact=True).wait_for()
    second.get_by_text("240 training images, 64×64 pixels, colour").wait_for()


def test_a_folder_is_uploaded_with_its_classes(tab, server, photos, tmp_path):
    few = tmp_path / "few"
    for kind in ("building", "flower"):
        (few / kind).mkdir(parents=True)
        for path in sorted((photos / kind).iterdir())[:8]:
            shutil.copy(path, few / kind)
    tab.goto(f"{server}/data?add=yes")
    tab.get_by_text("A folder to upload", exact=True).click()
    tab.locator("input[type=file][webkitdirectory]").set_input_files(str(few))

    tab.get_by_text("16 files in 2 classes: building (8), flower (8)").wait_for()
    expect(tab.get_by_role("textbox", name="Name of the data set")).to_have_value("few")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="some hostile names exist only on POSIX systems")
def test_hostile_files_dropped_together_cost_none_of_the_good_ones(tab, server, tmp_path):
    dialogs = []
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    expected = make_corpus(tmp_path / "corpus")
    archives = make_archives(tmp_path / "archives")
    unfit_to_drop = ("pipe.png", "long.png")  # no browser reads a pipe; 65 MB take long to send
    files = [tmp_path / "corpus" / name for name in expected if name not in unfit_to_drop]
    good = sum(each.accepted for name, each in expected.items() if name not in unfit_to_drop)
    good += sum(max(count, 0) for count, _ in archives.values())
    good += 1  # packed.png is an archive in truth, and dropped archives are opened
    tab.goto(f"{server}/data?add=yes")
    drop(tab, *files, *((tmp_path / "archives" / name) for name in archives))

    tab.get_by_text("files were left out among the first").wait_for()
    add(tab, "odd ones")
    tab.get_by_text(f"odd ones has {good} pictures.").wait_for(timeout=INTAKE_MS)
    tab.get_by_role("button", name="Look at it").click()
    tab.get_by_text("All pictures", exact=True).click()

    tab.locator(".lab-row img").first.wait_for()
    assert dialogs == []
    tab.get_by_role("button", name="files were left out").click()
    tab.get_by_test_id("stDataFrame").wait_for()

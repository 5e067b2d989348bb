"""Compress in a real browser: upload, download, decode the download again, and what hostile files are told."""

import io

import numpy as np
import pytest
from PIL import Image

from aecore.compression.codec import codec_of
from aecore.jobs import run_here
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.browser.servers import PROJECT, serving
from tests.pages.oblong import NAME, make_oblong

SMALL = {"network.width": 6, "network.expansion": 1, "bottleneck.code_size": 9, "bottleneck.qualities": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("compress")


@pytest.fixture(scope="module")
def runs(folder):
    """One run with quantised codes on colour pictures of 20 x 24."""
    make_oblong()
    made = Runs(folder / "runs")
    recipe = make_recipe("compression", DataChoice(NAME), {**SMALL, "training.epochs": 1})
    for _ in run_here(made.create(recipe, "Small files", "cpu")):
        pass
    return made


@pytest.fixture(scope="module")
def address(runs, folder):
    with serving(PROJECT / "app.py", folder / "server.log", AECORE_RUNS=str(folder / "runs")) as url:
        yield url


@pytest.fixture
def codec(runs):
    (run,) = [each for each in runs.list() if each.name == "Small files"]
    return codec_of(open_run(runs.get(run.id)).composition.model)


def opened(tab, address, runs):
    (run,) = [each.id for each in runs.list() if each.name == "Small files"]
    tab.goto(f"{address}/compress?run={run}")
    tab.get_by_role("heading", name="Compress", exact=True).wait_for()
    tab.get_by_text("Compressed file,").wait_for()
    return tab


def downloaded(tab, name) -> bytes:
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name=name).first.click()
    return waiting.value.path().read_bytes()


def png(size=(31, 50)) -> tuple[np.ndarray, bytes]:
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return pixels.transpose(2, 0, 1), file.getvalue()


def test_an_upload_is_compressed_downloaded_and_decoded_again(tab, address, runs, codec):
    opened(tab, address, runs)
    pixels, data = png()
    tab.get_by_role("radio", name="Your own").click()
    tab.get_by_text("Add a picture").wait_for()
    tab.locator("input[type=file]").first.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": data})
    tab.get_by_text("Cut into tiles of 24 x 20 pixels").wait_for()

    file = downloaded(tab, "Compressed file,")
    assert file == codec.encoder.encode(pixels)
    decoded = np.asarray(Image.open(io.BytesIO(downloaded(tab, "Decoded picture"))))
    assert np.array_equal(decoded.transpose(2, 0, 1), codec.decoder.decode(file))

    compressed = {"name": "mine.aec", "mimeType": "application/octet-stream", "buffer": file}
    tab.locator("input[type=file]").last.set_input_files(compressed)
    tab.get_by_text("50 x 31 pixels", exact=True).wait_for()


def test_hostile_files_are_told_what_is_wrong_in_both_uploads(tab, address, runs, codec):
    opened(tab, address, runs)
    tab.get_by_role("radio", name="Your own").click()
    tab.get_by_text("Add a picture").wait_for()
    broken = {"name": "mine.png", "mimeType": "image/png", "buffer": png()[1][:60]}
    tab.locator("input[type=file]").first.set_input_files(broken)
    tab.get_by_text("cut short or damaged and cannot be decoded").wait_for()
    damaged = bytearray(codec.encoder.encode(png()[0]))
    damaged[-1] ^= 1
    compressed = {"name": "mine.aec", "mimeType": "application/octet-stream", "buffer": bytes(damaged)}
    tab.locator("input[type=file]").last.set_input_files(compressed)
    tab.get_by_text("The checksum does not agree").wait_for()

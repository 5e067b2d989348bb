"""One palette, told apart by everyone, and the same wherever it has to be written down."""

import subprocess
import sys
import tomllib

import numpy as np
import pytest

from aecore.browser.colours import DARK, LIGHT, MODES, SHAPES, class_colour, class_shape
from pages.shared import theme
from tests.browser.servers import PROJECT

APART = 0.12  # in OKLab, where black and white are 1 apart
READABLE = 4.5  # WCAG 2.2 for text
VISIBLE = {"light": 1.9, "dark": 3.0}  # contrast of points with their background

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
SEEN = {
    "normally": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# Ottosson 2020: linear RGB to cone responses, and their cube roots to OKLab
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def smallest_distance(colours: tuple[str, ...], seen: np.ndarray) -> float:
    cones = np.clip(np.array([linear(each) for each in colours]) @ np.transpose(seen), 0, 1) @ np.transpose(TO_CONES)
    lab = np.cbrt(cones) @ np.transpose(TO_LAB)
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    return float(distances[~np.eye(len(colours), dtype=bool)].min())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("eyes", SEEN)
def test_no_two_classes_look_alike_to_anyone(mode, eyes):
    assert smallest_distance(MODES[mode].classes, SEEN[eyes]) > APART


def test_the_measure_finds_a_palette_that_confuses_people():
    red_and_green = ("#d62728", "#2ca02c", "#8c564b")
    assert (
        smallest_distance(red_and_green, SEEN["normally"])
        > APART
        > smallest_distance(red_and_green, SEEN["protanopia"])
    )


@pytest.mark.parametrize("mode", MODES)
def test_points_stand_out_from_the_background(mode):
    colours = MODES[mode]
    assert min(contrast(each, colours.background) for each in colours.classes) > VISIBLE[mode]


@pytest.mark.parametrize("mode", MODES)
def test_words_can_be_read(mode):
    colours = MODES[mode]
    for words in (colours.text, colours.muted, colours.link, colours.literal):
        assert min(contrast(words, colours.background), contrast(words, colours.surface)) >= READABLE
    assert contrast("#ffffff", colours.accent) >= READABLE  # on a button


@pytest.mark.parametrize("mode", MODES)
def test_streamlits_settings_repeat_the_palette(mode):
    written = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())["theme"][mode]
    colours = MODES[mode]
    assert written == {
        "primaryColor": colours.accent,
        "linkColor": colours.link,
        "textColor": colours.text,
        "backgroundColor": colours.background,
        "secondaryBackgroundColor": colours.surface,
        "borderColor": colours.hairline,
        "chartCategoricalColors": list(colours.classes),
    }


@pytest.mark.parametrize("mode", MODES)
def test_figures_are_given_the_colours_of_the_page(monkeypatch, mode):
    monkeypatch.setattr(theme, "mode", lambda: mode)
    given, colours = theme.palette(), MODES[mode]
    assert (given.accent, given.ink, given.muted) == (colours.accent, colours.text, colours.muted)
    assert (given.background, given.grid, given.classes) == (colours.background, colours.hairline, colours.classes)
    assert given.marker(0) != given.marker(len(colours.classes))


def test_classes_beyond_the_last_colour_begin_again_with_another_shape():
    count = len(LIGHT.classes)
    assert class_colour(count, DARK) == class_colour(0, DARK)
    assert class_shape(count) != class_shape(0)
    looks = {(class_colour(i, LIGHT), class_shape(i)) for i in range(count * len(SHAPES))}
    assert len(looks) == count * len(SHAPES)


def test_a_figure_waits_for_what_another_thread_is_loading():
    code = """
import importlib, sys, threading
from plotly import graph_objects as go
from pages.shared.theme import palette

half, go_on = threading.Event(), threading.Event()

class Pause:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas.core.api":
            half.set()
            go_on.wait(30)

sys.meta_path.insert(0, Pause())
threading.Thread(target=importlib.import_module, args=["pandas"]).start()
half.wait(30)
threading.Timer(0.2, go_on.set).start()
palette()
go.Figure(go.Bar(x=[1], y=[2])).update_layout(title="whole")
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert result.returncode == 0, result.stderr

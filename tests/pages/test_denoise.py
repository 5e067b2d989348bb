"""Denoise: what is done to a picture, how it is compared, and the file that can be taken away."""

import numpy as np
import pytest

from aecore import places
from aecore.analysis.restoring.denoise import denoised, noise_field, with_noise
from aecore.analysis.restoring.files import denoised_file, taken_in
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.pages.oblong import checked, lines_of, make_oblong, open_page, sentences, tables, train_as_it_is
from tests.pages.test_enlarge import feed_corpus, layers, made_by_lines, photograph, with_picture
from tests.pages.test_packing import unpack

SMALL = {"network.channels": 8, "network.blocks": 1}


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("denoise") / "runs")
    return runs.export_zip(train_as_it_is(runs, "photo_denoising", "Cleaner", **SMALL).id)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def run(runs, _trained):
    return runs.import_zip(_trained)


def choose(app, kind):
    return checked(app.selectbox(key="denoise.kind").set_value(kind).run())


def dragged(app, kind, value):
    """The page after the noise slider of the comparison was let go, as the browser tells it."""
    app.session_state["denoise.compare"] = {"noise": {"kind": kind, "value": value}}
    return checked(app.run())


def live(app):
    """What the browser is told of the noise that it makes itself; None where it makes none."""
    header, _ = unpack(compared(app))
    return header["noise"]


def compared(app):
    (component,) = app.get("bidi_component")
    return component.proto.bytes


def noisy(kind="gaussian", strength=25 / 255, seed=0):
    return with_noise(taken_in("own.png", photograph()).pixels, kind, strength, seed)


def shown(app, layer="Noisy"):
    return layers(app)[layer].transpose(1, 2, 0)


def test_without_a_model_the_page_says_how_to_get_one(runs):
    assert "Train a model" in sentences(open_page("denoise"))


def test_clean_noisy_and_every_method_are_layers_of_one_comparison(run):
    app = with_picture(photograph(), page="denoise")
    assert list(layers(app))[:5] == ["Clean", "Noisy", "Model", "Non-local means", "Total variation"]
    assert np.array_equal(shown(app), noisy())
    assert np.array_equal(shown(app, "Model"), denoised(noisy(), open_run(run)).picture)
    (table,) = tables(app)
    assert len(table["PSNR", "dB, luma, over the part shown"]) >= 4
    assert "The model estimates noise of" in sentences(app)


def test_what_is_noisy_already_has_no_clean_picture_to_be_compared_with(run):
    app = choose(with_picture(photograph(), page="denoise"), "none")
    assert "Clean" not in layers(app)
    assert live(app) is None
    assert tables(app) == []
    assert any("denoise own.png" in each for each in lines_of(app))


@pytest.mark.parametrize("kind", ["salt_pepper", "masking"])
def test_other_noise_is_added_by_its_share(run, kind):
    app = choose(with_picture(photograph(), page="denoise"), kind)
    assert np.array_equal(shown(app), noisy(kind, 0.05))
    assert np.array_equal(shown(dragged(app, kind, 29)), noisy(kind, 0.29))


def test_every_answer_is_for_the_strength_that_the_slider_was_left_at(run):
    app = dragged(with_picture(photograph(), page="denoise"), "gaussian", 40)
    assert live(app)["value"] == 40
    assert np.array_equal(shown(app), noisy(strength=40 / 255))
    assert np.array_equal(shown(app, "Model"), denoised(noisy(strength=40 / 255), open_run(run)).picture)
    assert "the others are told 40.0" in sentences(app)


def test_every_kind_keeps_its_strength_through_other_kinds_and_pictures(run):
    app = dragged(with_picture(photograph(), page="denoise"), "gaussian", 40)
    dragged(choose(app, "masking"), "masking", 12)
    assert live(choose(app, "salt_pepper"))["value"] == 5
    assert live(choose(app, "masking"))["value"] == 12
    checked(app.pills(key="denoise.sample").set_value(None).run())
    checked(app.file_uploader[0].set_value([]).run())
    assert not app.get("bidi_component")
    checked(app.pills(key="denoise.sample").set_value("Cat").run())
    assert live(app)["value"] == 12
    assert live(choose(app, "gaussian"))["value"] == 40


def test_a_strength_beyond_the_slider_is_the_strongest(run):
    assert live(dragged(with_picture(photograph(), page="denoise"), "gaussian", 900))["value"] == 75


def test_the_browser_gets_the_field_that_the_noise_was_made_of_and_another_at_a_click(run):
    app = with_picture(photograph(), page="denoise")
    first = unpack(compared(app))[1]["field"]
    assert np.array_equal(first, noise_field((40, 50, 3), "gaussian"))
    checked(app.button(key="denoise.again").click().run())
    assert np.array_equal(unpack(compared(app))[1]["field"], noise_field((40, 50, 3), "gaussian", seed=1))
    assert np.array_equal(shown(app), noisy(seed=1))


def test_the_model_can_be_told_instead(run):
    app = with_picture(photograph(), page="denoise")
    checked(app.toggle(key="denoise.estimates").set_value(False).run())
    checked(app.slider(key="denoise.told").set_value(60).run())
    assert np.array_equal(shown(app, "Model"), denoised(noisy(), open_run(run), 60).picture)
    assert "The model is told noise of 60.0 of 255 grey levels, the others are told 25.0" in sentences(app)


def test_the_model_answers_from_eight_views(run):
    app = with_picture(photograph(), page="denoise")
    one = shown(app, "Model")
    checked(app.toggle(key="denoise.orientations").set_value(True).run())
    assert np.array_equal(shown(app, "Model"), denoised(noisy(), open_run(run), orientations=8).picture)
    checked(app.toggle(key="denoise.orientations").set_value(False).run())
    assert np.array_equal(shown(app, "Model"), one)


def test_the_curve_comes_at_a_click(run):
    app = with_picture(photograph(), page="denoise")
    assert not app.get("plotly_chart")
    checked(app.button(key="denoise.curve").click().run())
    (chart,) = app.get("plotly_chart")
    one = chart.proto.spec
    checked(app.toggle(key="denoise.orientations").set_value(True).run())
    assert not app.get("plotly_chart")  # that was of the model in one orientation
    checked(app.button(key="denoise.curve").click().run())
    (chart,) = app.get("plotly_chart")
    assert chart.proto.spec != one


@pytest.mark.parametrize("averaged", [False, True])
def test_the_file_is_that_of_python_and_shell(run, averaged, tmp_path, monkeypatch):
    app = choose(with_picture(photograph(), page="denoise"), "none")
    checked(app.toggle(key="denoise.orientations").set_value(averaged).run())
    checked(app.button(key="denoise.whole.begin").click().run())
    work = app.session_state["denoise.whole"]
    while not work.ended:
        work.stopping.wait(0.05)
    checked(app.run())
    assert app.get("download_button")
    expected = denoised_file(taken_in("own.png", photograph()), open_run(run), orientations=8 if averaged else 1)
    assert work.result.content == expected.content
    assert made_by_lines(app, tmp_path, monkeypatch) == [expected.content] * 2


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_hostile_files_get_a_sentence_and_the_page_stays(run, tmp_path):
    feed_corpus(open_page("denoise"), tmp_path / "corpus")

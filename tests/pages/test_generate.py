"""Generate: runs side by side from one seed, the nearest training image, and quality at a click."""

import json

import numpy as np
import pytest

from aecore import places
from aecore.analysis.generate import draw
from aecore.analysis.quality import nearest, quality
from aecore.jobs.classifiers import classifier_for
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.made_up import made_up_splits
from tests.pages.oblong import PARTS, checked, errors, htmls, lines_of, make_oblong, open_page, sentences, tables, train
from tests.painter import Painter, as_trained

SQUARE = "square"


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    make_oblong()
    make_oblong(SQUARE, (1, 8, 8))
    runs = Runs(tmp_path_factory.mktemp("generate") / "runs")
    made = {
        "colour": train(runs, "variational", "Colour", epochs=1),
        "grey": train(runs, "variational", "Grey", data=SQUARE, epochs=1),
        "plain": train(runs, "simple", "Plain", epochs=1),
    }
    return {key: runs.export_zip(run.id) for key, run in made.items()}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def colour(runs, trained):
    return runs.import_zip(trained["colour"])


def samples(app):
    """The blocks of samples, one for each run."""
    return [json.loads(each.proto.json)["html"] for each in app.get("bidi_component")]


def measured(app):
    (table,) = tables(app)[:1]
    return {label: values for (label, unit), values in table.items()}


def test_without_a_run_the_page_leads_to_one(runs):
    app = open_page("generate")
    assert "No run has finished an epoch yet." in sentences(app)
    assert [each.proto.page for each in app.get("page_link")] == ["train"]


def test_a_run_that_draws_nothing_is_left_out_with_the_reason(runs, trained, colour):
    other = runs.import_zip(trained["plain"])
    app = open_page("generate", run=other.id)
    assert "Plain cannot be shown here: its codes follow no distribution" in sentences(app)
    assert app.multiselect(key="generate.runs").value == [colour.id]


def test_runs_stand_side_by_side_whatever_their_images(runs, trained, colour):
    grey = runs.import_zip(trained["grey"])
    app = open_page("generate", run=[colour.id, grey.id], seed="5")
    assert errors(app) == []
    assert len(samples(app)) == 2
    said = sentences(app)
    assert "**Colour**" in said
    assert "**Grey**" in said
    assert said.count("from a code of 4 numbers.") == 2
    assert app.query_params["run"] == [colour.id, grey.id]
    assert app.query_params["seed"] == "5"


def test_the_seed_of_the_address_decides_and_a_new_one_changes_every_image(colour):
    first = open_page("generate", run=colour.id, seed="7")
    assert first.number_input(key="generate.seed").value == 7
    again = open_page("generate", run=colour.id, seed="7")
    assert samples(first) == samples(again)
    checked(again.button(key="generate.again").click().run())
    assert samples(first) != samples(again)
    assert again.query_params["seed"] == "8"


@pytest.mark.parametrize("seed", ["", "-3", "x", "²", "9" * 30])
def test_a_seed_that_is_none_does_no_harm(colour, seed):
    assert errors(open_page("generate", run=colour.id, seed=seed)) == []


def test_the_chosen_sample_has_its_nearest_training_image_beside_it(colour):
    app = open_page("generate", run=colour.id, seed="3")
    checked(app.number_input(key="generate.sample").set_value(2).run())
    opened = open_run(colour)
    found = nearest(draw(opened, 16, seed=3).images, opened.splits.train)
    (block,) = (each for each in htmls(app) if "enlarged" in each)
    assert 'alt="Sample 2, enlarged"' in block
    assert f'alt="Training image {found.indices[1]}, ' in block
    assert f"Distance {found.distances[1]:.3f}"[:14] in sentences(app)
    assert samples(app)[0].count("lab-chosen") == 1 + 2  # the picture and two lines of style


def test_nothing_is_asked_for_that_no_run_minds(colour):
    app = open_page("generate", run=colour.id)
    assert {each.label for each in app.slider} == {"How many", "Truncation"}  # no steps, no guidance
    assert "Class" not in {each.label for each in app.selectbox}


def test_quality_is_measured_at_a_click_and_kept(colour):
    app = open_page("generate", run=colour.id)
    assert tables(app) == []
    checked(app.button(key="generate.measure").click().run())
    opened = open_run(colour)
    expected = quality(opened, classifier_for(opened.splits))
    assert measured(app)["Images"] == [str(PARTS["test"])]
    for label, value in (
        ("Fréchet distance", expected.frechet_own),
        ("Floor", expected.frechet_real_floor),
        ("PCA + Gaussian", expected.frechet_pca_gaussian),
        ("Nearest training image", expected.nearest_train_distance),
        ("The same of test images", expected.nearest_train_distance_test),
    ):
        assert float(measured(app)[label][0].replace(",", "")) == pytest.approx(value, rel=1e-3)
    assert measured(app)["Classes covered"] == [f"{expected.classes.covered} of 4"]
    assert measured(open_page("generate", run=colour.id)) == measured(app)
    assert "Only 60 images of each kind" in sentences(app)


def test_the_lines_of_code_draw_the_same_images_and_measure_the_same(colour):
    app = open_page("generate", run=colour.id, seed="4")
    python, shell, *_ = lines_of(app)
    assert "drawn = draw(opened, 16, seed=4)" in python
    assert colour.id in shell
    checked(app.button(key="generate.measure").click().run())
    *_, python, shell = lines_of(app)
    assert "figures(open_run(Runs().get(name)), classifier_for)" in python
    assert shell == f"python -m aecore evaluate {colour.id}"


# --- a model without an encoder


@pytest.fixture
def painting(colour, monkeypatch):
    """The run as if it were one of a model without an encoder that minds class and truncation."""
    from types import SimpleNamespace

    splits = made_up_splits((3, 9, 7))
    opened = as_trained(Painter((3, 9, 7)), splits)
    shown = SimpleNamespace(**vars(opened), run=colour, epoch=1, fallback_note="")
    monkeypatch.setattr("aecore.runs.opened.open_run", lambda run: shown)
    status = colour.path / "status.json"
    status.write_text(json.dumps(json.loads(status.read_text()) | {"encodes": False, "generates": True}))
    return opened


def test_a_model_without_an_encoder_is_asked_for_what_it_minds(painting, colour):
    app = open_page("generate", run=colour.id)
    assert {each.label for each in app.slider} == {"How many", "Truncation"}
    checked(app.selectbox(key="generate.class").set_value(2).run())
    assert samples(app)[0].count(": class 2") == 16
    before = samples(app)
    checked(app.slider(key="generate.truncation").set_value(0.0).run())
    assert samples(app) != before
    expected = draw(painting, 16, label=2, truncation=0.0).images
    assert np.ptp(expected, axis=0).max() == 0  # all the same: so the page has but one picture
    assert errors(app) == []

"""Features: what is measured of all units, what is shown of one, and what turning it does."""

import re

import numpy as np
import pytest

from aecore import places
from aecore.analysis.sparsity import sparsity
from aecore.analysis.units import excitement, turn
from aecore.jobs import run_here
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.pages.oblong import NAME, PARTS, checked, errors, htmls, lines_of, make_oblong, open_page, sentences, train
from tests.pages.test_latent_space import under_way

TOP_K = {"bottleneck.kind": "top_k", "penalty.kind": "none", "bottleneck.code_size": 12, "bottleneck.active_units": 3}


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("features") / "runs")
    small = {"network.hidden": ()}
    made = {
        "sparse": train(runs, "sparse", "Few units", epochs=2, **(TOP_K | small)),
        "variational": train(runs, "variational", "Clouds", epochs=1),
        "convolutional": _patches(runs),
    }
    return {key: runs.export_zip(run.id) for key, run in made.items()}


def _patches(runs):
    changes = {"network.channels": (4, 6), "bottleneck.code_size": 4, "training.epochs": 1}
    run = runs.create(make_recipe("convolutional", DataChoice(NAME), changes), "Patches", "cpu")
    for _ in run_here(run):
        pass
    return run


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def run(runs, trained):
    return runs.import_zip(trained["sparse"])


def pictures(app, beginning):
    """Captions of the row of pictures that has one whose text begins so."""
    rows = [re.findall(r'alt="([^"]*)">(?:<figcaption>([^<]*)</figcaption>)?', each) for each in htmls(app)]
    return next(row for row in rows if any(alt.startswith(beginning) for alt, _ in row))


def widget(kind, label):
    (found,) = (each for each in kind if each.label.startswith(label))
    return found


def test_without_a_run_the_page_leads_to_one(runs):
    app = open_page("features")
    assert "No run has finished an epoch yet." in sentences(app)
    assert [each.proto.page for each in app.get("page_link")] == ["train"]


@pytest.mark.parametrize("kind", ["sparse", "variational", "convolutional"])
def test_every_kind_of_run_shows_its_activations_atoms_filters_and_a_unit(runs, trained, kind):
    app = open_page("features", run=runs.import_zip(trained[kind]).id)
    assert errors(app) == []
    assert len(app.get("plotly_chart")) == 3
    latent = 12 if kind == "sparse" else 4
    assert len(pictures(app, "Atom of unit")) == latent
    assert pictures(app, "Filter ")
    assert len(pictures(app, "Test image")) == 10
    said = sentences(app)
    assert ("The decoder is one layer" in said) == (kind == "sparse")
    assert ("The decoder has several layers" in said) == (kind != "sparse")


def test_the_numbers_are_those_of_the_analysis(run):
    said = sentences(open_page("features", run=run.id))
    seen = sparsity(open_run(run))
    assert seen.images == PARTS["test"]
    assert f"{seen.active_per_image:#.4g}".rstrip(".") in said
    assert f"of 12 units are on for an image, **{len(seen.dead)}** are dead" in said


def test_the_images_that_excite_a_unit_most_stand_there_with_their_activations(run):
    app = open_page("features", run=run.id, unit="5")
    found = excitement(open_run(run), count=10)
    expected = [f"Test image {index}" for index in found.strongest[5]]
    assert [alt for alt, _ in pictures(app, "Test image")] == expected
    assert widget(app.number_input, "Unit").value == 5


def test_a_unit_of_the_address_that_is_not_there_is_named_and_the_busiest_taken(run):
    for asked in ("12", "-1", "one", "1.5"):
        app = open_page("features", run=run.id, unit=asked)
        assert f"This code has no unit {asked}: it has the units 0 to 11." in sentences(app)
        assert app.query_params["unit"] == str(widget(app.number_input, "Unit").value)


def test_the_chosen_unit_goes_into_the_address(run):
    app = open_page("features", run=run.id)
    checked(widget(app.number_input, "Unit").set_value(7).run())
    assert app.query_params["unit"] == "7"
    assert "Unit 7 on, decoded" in "".join(htmls(app))


def test_turning_a_unit_changes_the_decoded_image_and_not_its_original(run):
    app = open_page("features", run=run.id, unit="3")
    opened = open_run(run)
    index = int(widget(app.number_input, "Test image").value)
    slider = widget(app.slider, "Activation of unit 3")
    was = turn(opened, index, 3, 0.0).was
    assert slider.value == pytest.approx(was, abs=1e-4)
    before = [each for each in htmls(app) if "With unit 3 at" in each]
    checked(slider.set_value(slider.max).run())
    after = [each for each in htmls(app) if "With unit 3 at" in each]
    first, second = (each[0].split("<figure") for each in (before, after))
    assert first[1] == second[1]  # original
    assert first[2] == second[2]  # reconstruction
    assert first[3] != second[3]
    assert first[4] != second[4]
    assert f"value={float(f'{slider.max:.6g}')!r}" in lines_of(app)[-2]


def test_another_image_begins_with_the_activation_that_it_has(run):
    app = open_page("features", run=run.id, unit="3")
    checked(widget(app.number_input, "Test image").set_value(0).run())
    assert widget(app.slider, "Activation of unit 3").value == pytest.approx(
        turn(open_run(run), 0, 3, 0.0).was, abs=1e-4
    )


def test_a_run_under_way_says_whose_weights_these_are(run):
    under_way(run)
    assert "Still training: these are the weights after epoch 2." in sentences(open_page("features", run=run.id))


def test_every_line_of_code_runs(run):
    app = open_page("features", run=run.id)
    shown = [each for each in lines_of(app) if "import" in each and not each.startswith("python -")]
    assert len(shown) == 4
    for lines in shown:
        names: dict[str, object] = {}
        exec(compile(lines, "shown", "exec"), names)
        assert names["result"] is not None


def test_a_run_whose_data_are_gone_gets_a_sentence(run, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "elsewhere"))
    assert f"There is no data set '{NAME}'" in errors(open_page("features", run=run.id))[0]


def test_the_busiest_units_come_first(run):
    app = open_page("features", run=run.id)
    shown = [int(caption) for alt, caption in pictures(app, "Atom of unit") if alt.startswith("Atom of unit")]
    often = sparsity(open_run(run)).often[shown]
    assert (np.diff(often) <= 1e-6).all()

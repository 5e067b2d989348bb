"""The one picture of each variant: what it shows without any run, and what runs add to it."""

import pkgutil
import re

import pytest

from aecore import places
from aecore.analysis.classes import classes_drawn
from aecore.analysis.reconstruct import image_errors
from aecore.jobs import run_here
from aecore.jobs.classifiers import classifier_for
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from pages.shared import points
from tests.pages.oblong import (
    NAME,
    checked,
    errors,
    htmls,
    make_oblong,
    matrices,
    open_page,
    sentences,
    tables,
    train,
    train_as_it_is,
)

STYLES = {"network.channels": 2, "network.most_channels": 4, "network.style_size": 4, "training.epochs": 1}
KINDS = ["Gaussian noise", "Masking (dropout)", "Salt and pepper"]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    make_oblong()
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


def open_point(variant):
    return open_page("train", variant=variant, data=NAME)


def chart(app, beginning):
    """The figure whose text begins so."""
    import json

    (found,) = (each for each in app.get("plotly_chart") if each.proto.alt.startswith(beginning))
    return json.loads(found.proto.spec)


def rows(app):
    (shown,) = matrices(app)
    return shown


def test_every_variant_has_a_picture():
    drawn = {file.name for file in pkgutil.iter_modules(points.__path__)}
    assert {each.picture for each in VARIANTS.values()} == drawn


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_picture_has_something_to_say_before_anything_was_trained(runs, variant):
    app = open_point(variant)
    assert errors(app) == []
    expander = next(each for each in app.expander if each.label == "The picture that makes its point")
    assert expander.subheader
    assert expander.caption


def test_the_two_losses_are_drawn_for_every_target(runs):
    assert len(chart(open_point("simple"), "Loss of one pixel")["data"]) == 12


def test_finished_runs_become_points_of_the_code_size_curve(runs):
    shallow = train(runs, "simple", "Shallow", epochs=1)
    train(runs, "deep", "Deep", epochs=1, **{"bottleneck.code_size": 6})
    noisy = train(runs, "denoising", "Noisy", epochs=1)
    drawn = {each["name"]: each for each in chart(open_point("deep"), "Squared error per test image")["data"]}
    assert set(drawn) == {"PCA", "Simple", "Deep"}  # a denoiser was trained for something else
    assert noisy.summary().state == "finished"
    assert drawn["Simple"]["x"] == [4]
    assert drawn["Simple"]["y"] == pytest.approx([image_errors(open_run(shallow)).mean()], rel=1e-4)
    assert drawn["Deep"]["x"] == [6]


def test_of_two_runs_of_one_size_the_better_is_shown(runs):
    short = train(runs, "simple", "Short", epochs=1)
    long = train(runs, "simple", "Long", epochs=12)
    errors_of = [float(image_errors(open_run(each)).mean()) for each in (short, long)]
    drawn = {each["name"]: each for each in chart(open_point("deep"), "Squared error per test image")["data"]}
    assert drawn["Simple"]["y"] == pytest.approx([min(errors_of)], rel=1e-4)


def test_a_run_that_cannot_be_read_is_no_point_and_no_error(runs):
    run = train(runs, "simple", "Damaged", epochs=1)
    (run.path / "checkpoint.safetensors").write_bytes(b"")
    app = open_point("deep")
    assert errors(app) == []
    assert [each["name"] for each in chart(app, "Squared error per test image")["data"]] == ["PCA"]
    assert "Finished runs on these images become points." in sentences(app)


def test_a_transposed_convolution_is_gone_through_step_by_step(runs):
    app = open_point("convolutional")
    (step,) = app.slider
    assert (step.min, step.max) == (1, 9)
    checked(step.set_value(1).run())
    assert chart(app, "Input, its number 1 times the kernel")


def test_every_kind_of_noise_is_shown_beside_the_original(runs):
    shown = rows(open_point("denoising"))
    assert next(iter(shown)) == "Original"
    assert [re.split(r" [\d.]+ ", label)[0] for label in list(shown)[1:]] == KINDS
    assert len(shown["Original"]) == 8
    assert "Train a denoising run on them" in sentences(open_point("denoising"))


def test_a_denoiser_shows_what_it_makes_of_each_kind(runs):
    train(runs, "denoising", "Cleaner", epochs=1)
    app = open_point("denoising")
    (block,) = (each for each in htmls(app) if "lab-matrix" in each.split("</style>")[1])
    assert block.count('alt="Reconstruction ') == 8 * len(KINDS)
    assert block.count(" dB") == 2 * len(KINDS)
    assert "Reconstructions by Cleaner." in sentences(app)


def test_one_image_goes_through_the_newest_variational_run_eight_times(runs):
    train(runs, "variational", "Clouds", epochs=1)
    app = open_point("variational")
    (block,) = (each for each in htmls(app) if "Draw 8" in each)
    assert block.index('alt="Original"') < block.index('alt="Draw 1"')
    assert "The encoder of Clouds gives no single code but this cloud" in sentences(app)
    before = block
    index = next(each for each in app.number_input if each.label == "Test image")
    checked(index.set_value(5).run())
    assert next(each for each in htmls(app) if "Draw 8" in each) != before


def test_the_width_of_the_posterior_is_drawn_for_every_number_of_the_code(runs):
    train(runs, "variational", "Clouds", epochs=1)
    app = open_point("variational")
    (bars,) = chart(app, "Standard deviation of the posterior")["data"]
    assert len(bars["x"]) == 4
    assert "of 4 numbers are in use" in sentences(app)


def test_the_classes_that_a_gan_draws_are_those_that_quality_finds(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    make_oblong()
    run = train(runs, "gan", "Game", epochs=1, **{"network.kind": "gan_dense", "network.hidden": (8,)})
    app = open_point("gan")
    assert "classes appear" not in sentences(app)  # nobody waits for a classifier that was not asked for
    checked(next(each for each in app.button if each.label == "Look for classes").click().run())
    trained = open_run(run)
    seen = classes_drawn(trained, classifier_for(trained.splits))
    assert f"{seen.covered} of 4 classes appear** among 500 images" in sentences(app)
    assert all(f"{name} {share:.0%}" in sentences(app) for name, share in seen.shares.items())
    assert "classes appear" in sentences(open_point("gan"))  # now it is there


def test_a_conditional_run_writes_the_same_styles_in_every_class(runs):
    assert "Train a conditional run" in sentences(open_point("conditional"))
    train(runs, "conditional", "Ordered", epochs=1)
    app = open_point("conditional")
    (block,) = (each for each in htmls(app) if "Style 6" in each)
    assert re.findall(r'alt="style 2 as (.*?)"', block) == [f"class {label}" for label in range(4)]
    before = htmls(app)
    truncation = next(each for each in app.slider if each.label == "Truncation")
    checked(truncation.set_value(0.0).run())
    assert htmls(app) != before


def shell_lines(app):
    """The lines below a picture that say what to train for it."""
    return "\n".join(each.value for each in app.code if each.language == "bash" and " train " in each.value)


def test_a_tied_run_is_shown_beside_the_one_that_differs_from_it_in_nothing_else(runs):
    train(runs, "tied", "Tied", epochs=2, **{"network.kind": "tied"})
    app = open_point("tied")
    assert "Tied needs its untied partner" in sentences(app)
    assert "network.kind=dense" in shell_lines(app)
    train(runs, "tied", "Longer", epochs=3)  # dense, but not alike
    assert "needs its untied partner" in sentences(open_point("tied"))
    train(runs, "simple", "Untied", epochs=2, **{"training.weight_decay": 0.01, "objective.kind": "mse"})
    app = open_point("tied")
    drawn = chart(app, "Parameters, time of an epoch and errors")["data"]
    tied, untied = drawn[0]["x"]
    assert (drawn[0]["y"], tied < 0.52 * untied) == (["tied", "untied"], True)
    assert "Tied and Untied: the same layers, a code of 4, 2 epochs" in sentences(app)


def test_the_ways_to_train_layers_become_curves_over_time_and_what_is_missing_is_named(runs):
    small = {"network.hidden": (24, 12)}
    train(runs, "greedy", "Tuned", epochs=4, **small)
    app = open_point("greedy")
    assert "Not there yet: layer by layer; end to end." in sentences(app)
    assert "scheme.kind=end_to_end" in shell_lines(app)
    assert "scheme.fine_tuning=0" in shell_lines(app)
    train(runs, "greedy", "Bare", epochs=3, **small, **{"scheme.fine_tuning": 0.0})
    train(runs, "greedy", "Whole", epochs=2, **small, **{"scheme.kind": "end_to_end"})
    app = open_point("greedy")
    drawn = {each["name"]: each for each in chart(app, "Error of validation images")["data"] if "name" in each}
    assert {name: len(each["x"]) for name, each in drawn.items()} == {
        "layer by layer": 3,
        "layer by layer, then all layers": 4,
        "end to end": 2,
    }
    assert "Not there yet" not in sentences(app)


def test_what_was_learned_by_heart_is_shown_beside_the_nearest_training_images(runs):
    train(runs, "memorising", "By heart", epochs=2, **{"bottleneck.code_size": 1})
    app = open_point("memorising")
    outputs, walk = matrices(app)
    assert list(outputs) == ["Test image", "Output", "Nearest training image"]
    assert len(walk["Decoded"]) == len(walk["Nearest training image"]) == 24
    assert all(each.startswith("Training image ") for each in walk["Nearest training image"])
    assert "By heart, trained on 50 images." in sentences(app)


def test_filters_stand_side_by_side_and_a_probe_is_fitted_on_request(runs):
    train(runs, "overcomplete", "Noisy", epochs=1, **{"bottleneck.code_size": 12})
    app = open_point("overcomplete")
    assert "a run without a constraint" in sentences(app)
    assert "corruption.kind=none" in shell_lines(app)
    train(runs, "overcomplete", "Free", epochs=1, **{"bottleneck.code_size": 12, "corruption.kind": "none"})
    app = open_point("overcomplete")
    shown = [each for each in htmls(app) if "Filter 1, " in each]
    assert [("no constraint" in each, "masking noise" in each) for each in shown] == [(True, False), (False, True)]
    assert "Not there yet" not in sentences(app)
    (toggle,) = (each for each in app.toggle if each.label == "Linear probe")
    checked(toggle.set_value(True).run())
    (bars,) = chart(app, "Accuracy of a linear probe")["data"]
    assert bars["y"] == [
        "codes, no constraint",
        "codes, masking noise",
        "pixels",
        "64 principal components",
    ]
    assert "fitted on 240 labelled training images" in sentences(app)


def test_the_samples_of_a_gan_are_shown_epoch_by_epoch_beside_its_game(runs):
    train(runs, "gan", "Game", epochs=3, **{"network.kind": "gan_dense"})
    app = open_point("gan")
    assert errors(app) == []
    shown = rows(app)
    assert list(shown) == ["Epoch 1", "Epoch 2", "Epoch 3"]
    assert {len(each) for each in shown.values()} == {8}
    assert [each["name"] for each in chart(app, "Losses, nats")["data"]] == ["discriminator", "generator"]
    assert [each["name"] for each in chart(app, "Diversity")["data"]] == ["generated"]
    assert "Game, means over the validation images." in sentences(app)


def test_the_styles_of_a_stylegan_are_mixed_at_the_chosen_level(runs):
    recipe = make_recipe("stylegan", DataChoice(NAME), STYLES)
    run = runs.create(recipe, "Styles", "cpu")
    for _ in run_here(run):
        pass
    app = open_point("stylegan")
    assert errors(app) == []
    (before,) = (each for each in htmls(app) if "Coarse 1 with fine 1" in each)
    assert before.count('alt="Coarse ') == 6 + 4 * 6
    (level,) = app.select_slider
    checked(level.set_value(0).run())
    (after,) = (each for each in htmls(app) if "Coarse 1 with fine 1" in each)
    assert after != before


def test_the_ways_to_a_sparse_code_that_were_trained_are_compared_and_the_others_named(runs):
    assert "Train a sparse run on these images with “L1”, “KL to a target rate” and “Top-k”" in sentences(
        open_point("sparse")
    )
    few = {"bottleneck.kind": "top_k", "bottleneck.active_units": 3, "bottleneck.code_size": 20, "penalty.kind": "none"}
    train(runs, "sparse", "Few", epochs=1, **few)
    train(runs, "sparse", "Priced", epochs=1, **{"bottleneck.code_size": 20})
    app = open_point("sparse")
    assert "with “KL to a target rate”, and it is compared here" in sentences(app)
    curves = {each["name"]: each for each in chart(app, "Squared error against the number of units")["data"]}
    assert list(curves) == ["PCA", "L1", "Top-k"]
    (shown,) = tables(app)
    (active,) = (values for (label, _), values in shown.items() if label == "Active units")
    assert float(active[1]) <= 3


DIFFUSION = {
    "network.channels": (8,),
    "network.width": 8,
    "network.steps": 2,
    "training.epochs": 1,
    "training.batch_size": 64,
}


def train_diffusion(runs, variant, name):
    """A run too short to draw anything, but finished."""
    run = runs.create(make_recipe(variant, DataChoice(NAME), DIFFUSION), name, "cpu")
    for _ in run_here(run):
        pass
    return run


def test_noise_becomes_an_image_step_by_step_once_there_is_a_run(runs):
    assert list(rows(open_point("diffusion"))) == ["Noisy image"]
    assert "Train a diffusion run on these images" in sentences(open_point("diffusion"))
    train_diffusion(runs, "diffusion", "Drawer")
    app = open_point("diffusion")
    way, compared = matrices(app)
    assert {label: len(cells) for label, cells in way.items() if label} == {"After this step": 8, "Guess": 8}
    assert [label for label in compared if label] == ["1 step", "2 steps", "5 steps", "20 steps", "100 steps"]
    assert "By Drawer." in sentences(app)
    assert chart(app, "Share of image and of noise")
    (step,) = (each for each in app.slider if each.label == "Step")
    checked(step.set_value(0).run())
    assert "Noise" in matrices(app)[0]


def test_pixels_and_codes_stand_side_by_side_once_there_are_runs_of_both(runs):
    train_diffusion(runs, "diffusion", "In pixels")
    assert "There is no finished run in codes on these images yet." in sentences(open_point("latent_diffusion"))
    train_diffusion(runs, "latent_diffusion", "In codes")
    app = open_point("latent_diffusion")
    assert {label: len(cells) for label, cells in rows(app).items() if label} == {"Pixels": 8, "Codes": 8}
    (numbers,) = tables(app)
    assert numbers["Diffused", "numbers per image"] == ["1,440", "120"]
    assert [each["name"] for each in chart(app, "Milliseconds per image")["data"]] == ["Pixels", "Codes"]


def test_what_a_restorer_gives_back_stands_below_what_was_lost_at_every_strength(runs):
    small = {"network.channels": 8, "network.blocks": 1}
    train_as_it_is(runs, "subpixel", "Sharper", **small)
    (shown,) = matrices(open_point("subpixel"))
    assert set(shown) == {"Original", *(f"Shrinking {factor} times" for factor in (2, 3, 4)), "Restored"}
    assert len(shown["Original"]) == 6
    assert "By Sharper." in sentences(open_point("subpixel"))

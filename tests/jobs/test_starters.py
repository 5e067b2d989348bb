"""Starter runs: reduced to what looking at them needs, and still runs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from aecore.analysis.figures import figures
from aecore.analysis.restoring.enlarge import enlarged
from aecore.data.catalog import PHOTOGRAPHS
from aecore.data.info import DatasetInfo
from aecore.data.intake import OwnSettings, add_own
from aecore.data.own import delete_own
from aecore.data.shipped import shipped_datasets
from aecore.errors import DataError, RunError
from aecore.jobs import run_here
from aecore.jobs.starters import STARTERS, Starter, find_starter, keep_figures, ship, train_starter
from aecore.runs.arrays import read_arrays, tensor_names
from aecore.runs.folder import Run
from aecore.runs.opened import open_run
from aecore.training.events import Progress
from aecore.training.recipe import DataChoice, make_recipe
from tests.hostile import encoded
from tests.runs.tiny import tiny_recipe

SMALL = Starter("small", "Small", "simple", "tiny", {"training.epochs": 2, "bottleneck.code_size": 2})


@pytest.fixture
def shipped(trained, tmp_path):
    return ship(trained, tmp_path / "shelf" / "small")


def test_what_ships_is_small_and_knows_nothing_of_the_process_that_made_it(runs, splits, tmp_path):
    trained = runs.create(tiny_recipe(epochs=1))
    list(run_here(trained))
    shipped = ship(trained, tmp_path / "shelf" / "small")

    names = {path.name for path in shipped.path.iterdir()}

    assert {
        "recipe.json",
        "about.json",
        "status.json",
        "metrics.jsonl",
        "environment.json",
        "preview.safetensors",
    } <= names
    assert names.isdisjoint({"log.txt", "steps.jsonl", "lock", "checkpoint.previous.safetensors"})
    assert {"pid", "launched", "heartbeat"}.isdisjoint(json.loads((shipped.path / "status.json").read_text()))
    assert shipped.bytes_on_disk() < trained.bytes_on_disk() / 3
    assert not any(name.startswith("optimiser") for name in tensor_names(shipped.path / "checkpoint.safetensors"))


def test_what_ships_is_shown_like_any_run_and_is_read_only(trained, shipped):
    ours, theirs = shipped.summary(), trained.summary()

    assert (ours.state, ours.damaged, ours.starter) == ("finished", False, True)
    assert (ours.epochs_done, ours.loss, ours.parameters) == (theirs.epochs_done, theirs.loss, theirs.parameters)
    assert shipped.snapshots() == trained.snapshots()
    assert np.array_equal(shipped.snapshot(2).codes, trained.snapshot(2).codes)
    assert shipped.preview_labels() is not None
    with pytest.raises(RunError, match="starter run"):
        shipped.write_about(name="mine")


def test_a_byte_a_number_decodes_to_the_same_images_within_two_grey_levels(trained, shipped):
    codes = torch.from_numpy(trained.snapshot(3).codes[:32].astype(np.float32))
    before, after = (open_run(run).composition.model.decode(codes) for run in (trained, shipped))

    assert 0 < (before - after).abs().max() < 2 / 255


def test_codes_of_many_numbers_ship_for_fewer_images_and_their_labels_with_them(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("aecore.jobs.starters.CODE_NUMBERS", 3 * 20)  # the code has three numbers

    shipped = ship(trained, tmp_path / "shelf" / "small")

    assert len(shipped.preview().codes) == len(shipped.snapshot(3).codes) == 20
    assert np.array_equal(shipped.snapshot(3).codes, trained.snapshot(3).codes[:20])
    assert np.array_equal(shipped.preview_labels()[:20], trained.preview_labels()[:20])


@pytest.mark.parametrize(("most", "epochs"), [(3, (1, 2, 3)), (2, (1, 3)), (1, (3,)), (0, (3,))])
def test_as_many_snapshots_ship_as_there_is_room_for_from_the_first_to_the_last(
    trained, tmp_path, monkeypatch, most, epochs
):
    monkeypatch.setattr(
        "aecore.jobs.starters.SNAPSHOT_BYTES", most * read_arrays(trained.snapshot_path(3))["codes"].nbytes
    )

    assert ship(trained, tmp_path / "shelf" / "small").snapshots() == epochs


@pytest.mark.parametrize(("most", "epochs"), [(3, [1, 2, 3]), (2, [1, 3])])
def test_of_a_long_training_the_first_epochs_the_last_and_few_between_are_kept(
    trained, tmp_path, monkeypatch, most, epochs
):
    monkeypatch.setattr("aecore.jobs.starters.MOST_EPOCHS", most)

    shipped = ship(trained, tmp_path / "shelf" / "small")

    assert [each["epoch"] for each in shipped.metrics()] == epochs
    assert shipped.summary().epochs_done == 3


def test_shipping_again_replaces_what_was_there(trained, shipped):
    keep_figures(shipped, {"psnr_db": 1.0})

    again = ship(trained, shipped.path)

    assert not (again.path / "evaluation.json").exists()
    assert [path.name for path in shipped.path.parent.iterdir()] == ["small"]


def test_figures_are_kept_beside_the_weights(shipped):
    keep_figures(shipped, {"psnr_db": 17.5})

    assert json.loads((shipped.path / "evaluation.json").read_text()) == {"psnr_db": 17.5}


def test_only_a_finished_run_with_weights_is_shipped(runs, trained, tmp_path):
    with pytest.raises(RunError, match="only a finished run can be shipped"):
        ship(runs.create(tiny_recipe()), tmp_path / "shelf")
    (trained.path / "checkpoint.safetensors").unlink()
    with pytest.raises(RunError, match="has no checkpoint"):
        ship(trained, tmp_path / "shelf")
    assert not (tmp_path / "shelf").exists()


def test_a_starter_run_that_was_stopped_goes_on_and_a_finished_one_is_not_trained_again(runs, splits):
    events = train_starter(SMALL, runs)
    assert isinstance(next(events), Progress)
    events.close()
    assert [each.state for each in runs.list()] == ["stopped"]

    *_, run = train_starter(SMALL, runs)

    assert isinstance(run, Run)
    assert run.summary().state == "finished"
    assert next(iter(train_starter(SMALL, runs))).id == run.id
    assert len(runs.list()) == 1


def test_a_run_of_another_recipe_under_the_same_name_is_left_alone(runs, splits):
    other = runs.create(make_recipe("simple", DataChoice("tiny"), {"training.epochs": 1}), "Small")
    list(run_here(other))

    *_, run = train_starter(SMALL, runs)

    assert run.id != other.id


def test_a_starter_run_may_be_of_some_classes_only(runs, splits):
    some = replace(SMALL, key="some", name="Some", classes=(1,))
    *_, run = train_starter(some, runs)

    assert run.recipe().data.classes == (1,)


def test_a_starter_run_may_be_trained_in_several_stages(runs, splits):
    longer = replace(SMALL, key="longer", name="Longer", more=(1, 2))
    *_, run = train_starter(longer, runs)

    assert [each.epochs for each in run.recipe().stages] == [2, 1, 2]
    assert run.summary().epochs_done == 5
    assert next(iter(train_starter(longer, runs))).id == run.id


def test_an_unknown_key_is_answered_with_those_there_are():
    assert find_starter("simple-mnist").variant == "simple"
    with pytest.raises(RunError, match="'vae-3': choose one of vae-2-mnist"):
        find_starter("vae-3")


@pytest.mark.parametrize("starter", STARTERS, ids=lambda each: each.key)
def test_every_starter_run_is_of_a_data_set_that_ships_or_can_be_made_and_keeps_few_snapshots(starter):
    known: dict[str, DatasetInfo] = {each.key: each for each in shipped_datasets()}

    recipe = make_recipe(starter.variant, DataChoice(starter.dataset), starter.changes)

    assert starter.dataset in known or starter.dataset == PHOTOGRAPHS
    assert recipe.stages[0].snapshots <= 12


@pytest.fixture
def restorer(runs, tmp_path, monkeypatch):
    """A finished run that restores pictures of any size, trained on an own data set that is deleted afterwards."""
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    chance = np.random.default_rng(0)
    pictures = [(f"{each}.png", encoded("PNG", chance.integers(0, 255, (130, 130, 3), np.uint8))) for each in range(12)]
    list(add_own(pictures, "large", OwnSettings(size=128)))
    small = {"network.first_filters": 16, "network.second_filters": 4, "scheme.patch": 16, "training.epochs": 2}
    *_, run = train_starter(Starter("large", "Large", "srcnn", "large", small), runs)
    delete_own("large")
    return run


def test_a_run_that_restores_pictures_is_of_use_without_its_data(restorer, tmp_path):
    shipped = ship(restorer, tmp_path / "shelf" / "large")
    opened = open_run(shipped)
    assert len(opened.splits.test) == 0
    assert enlarged(np.zeros((9, 8, 3), np.uint8), 2, opened).shape == (18, 16, 3)
    with pytest.raises(DataError, match="no pictures to measure on: give a folder"):
        figures(opened, lambda *_: None)


def test_a_restorer_keeps_two_bytes_a_number(restorer, tmp_path):
    before, after = (open_run(run) for run in (restorer, ship(restorer, tmp_path / "shelf" / "large")))
    weights, others = (each.composition.model.state_dict() for each in (before, after))
    assert all(torch.equal(weights[name].half(), others[name].half()) for name in weights)
    picture = np.random.default_rng(1).integers(0, 255, (40, 30, 3), np.uint8)
    assert np.abs(enlarged(picture, 2, before).astype(int) - enlarged(picture, 2, after)).max() <= 1


def test_large_pictures_of_a_preview_ship_as_few(restorer, tmp_path):
    shipped = ship(restorer, tmp_path / "shelf" / "large")
    preview = shipped.preview()
    assert preview is not None
    assert [len(each) for each in (preview.clean, preview.corrupted, preview.reconstructions)] == [1, 1, 1]
    assert len(shipped.snapshots()) == 1
    assert shipped.bytes_on_disk() < 400_000


def test_other_runs_are_not_opened_without_their_data(runs, trained, monkeypatch):
    def gone(*_):
        raise DataError("There is no data set 'tiny'.")

    monkeypatch.setattr("aecore.runs.opened.load", gone)
    with pytest.raises(DataError, match="no data set 'tiny'"):
        open_run(trained)

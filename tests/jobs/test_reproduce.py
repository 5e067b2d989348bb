"""Training again and comparing: by the bit on the same machine, within a tolerance elsewhere."""

import json
import os

import pytest
import torch

from aecore.errors import RunError, SettingError
from aecore.jobs import make_ready, run_here
from aecore.jobs.reproduce import TOLERANCE, Agreement, reproduce
from aecore.jobs.starters import ship
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.training.events import Progress
from tests.runs.tiny import numbers, tiny_recipe


def again(runs, run, **options):
    """What came of it, and the new run."""
    first, *progress, agreement = reproduce(runs, run.id, **options)
    assert isinstance(first, Run)
    assert isinstance(agreement, Agreement)
    assert all(isinstance(each, Progress) for each in progress)
    return agreement, first


def change(path, function):
    path.write_text(json.dumps(function(json.loads(path.read_text()))))


def change_metrics(run, epoch, function):
    """Rewrite one line of the metrics."""
    lines = run.metrics()
    function(next(line for line in lines if line["epoch"] == epoch))
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def elsewhere(run, **changes):
    """Let the environment say that the run was trained under other circumstances."""
    change(run.path / "environment.json", lambda values: values | changes)


def test_the_same_machine_gives_every_number_of_every_epoch_to_the_last_bit(runs, trained):
    agreement, made = again(runs, trained)

    assert agreement.agrees
    assert agreement.tolerance == 0
    assert agreement.epochs == (1, 2, 3)
    assert {each.name for each in agreement.numbers} >= {"train.loss", "validation.loss"}
    assert numbers(made) == numbers(trained)
    assert (made.summary().name, made.id) == ("trained, again", agreement.reproduction)


def test_a_run_of_two_stages_with_a_pause_between_them_is_reproduced_in_one_go(runs, splits):
    run = runs.create(tiny_recipe(epochs=2))
    for event in (events := run_here(run)):
        if isinstance(event, Progress):
            events.close()
    list(run_here(run))
    make_ready(run, epochs=1)
    list(run_here(run))

    agreement, _ = again(runs, run)

    assert agreement.agrees, agreement
    assert (agreement.tolerance, agreement.epochs) == (0, (1, 2, 3))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_change_in_the_last_digit_of_any_epoch_is_found(runs, trained, epoch):
    change_metrics(
        trained, epoch, lambda line: line["validation"].update(loss=line["validation"]["loss"] * (1 + 1e-15))
    )

    agreement, _ = again(runs, trained)

    assert not agreement.agrees
    assert agreement.first_difference == epoch
    assert [each.name for each in agreement.numbers if not each.agrees] == ["validation.loss"] * (epoch == 3)


def test_a_number_that_was_never_recorded_does_not_agree(runs, trained):
    change_metrics(trained, 3, lambda line: line["train"].pop("squared_error"))
    change_metrics(trained, 3, lambda line: line["validation"].update(novelty=1.0))

    agreement, _ = again(runs, trained)

    different = {each.name: (each.recorded, each.reproduced) for each in agreement.numbers if not each.agrees}
    assert different["train.squared_error"][0] is None
    assert different["validation.novelty"] == (1.0, None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"device": "CPU, another, 64 threads", "threads": 64}, "because of another device, threads"),
        ({"precision": "bfloat16"}, "because of another precision"),
        ({"torch": "2.0.0"}, "because of another torch"),
        ({"earlier": [{"torch": "2.0.0"}]}, "because parts of the run were trained elsewhere"),
    ],
)
def test_elsewhere_the_last_numbers_agree_within_the_tolerance(runs, trained, changes, why):
    elsewhere(trained, **changes)
    change_metrics(trained, 1, lambda line: line["validation"].update(loss=9.0))
    change_metrics(trained, 3, lambda line: line["validation"].update(loss=line["validation"]["loss"] * 1.015))

    agreement, _ = again(runs, trained)

    assert agreement.agrees
    assert agreement.tolerance == TOLERANCE
    assert agreement.epochs == (3,)
    assert why in agreement.expected


def test_beyond_the_tolerance_nothing_agrees(runs, trained):
    elsewhere(trained, torch="2.0.0")
    change_metrics(trained, 3, lambda line: line["validation"].update(loss=line["validation"]["loss"] * 1.05))

    agreement, _ = again(runs, trained)

    assert not agreement.agrees
    assert agreement.first_difference == 3


def test_a_part_that_hardly_counts_may_differ_by_a_thousandth_of_the_loss(runs, splits):
    parts = {"bottleneck.kind": "gaussian", "penalty.kind": "kl", "penalty.beta": 100.0}
    run = runs.create(tiny_recipe(epochs=1, **parts))
    list(run_here(run))
    elsewhere(run, torch="2.0.0")
    loss, kl = (run.metrics()[0]["validation"][name] for name in ("loss", "kl"))
    assert 0.0009 * loss > 2 * TOLERANCE * kl

    change_metrics(run, 1, lambda line: line["validation"].update(kl=kl + 0.0009 * loss))
    assert again(runs, run)[0].agrees
    change_metrics(run, 1, lambda line: line["validation"].update(kl=kl + 0.002 * loss))
    assert not again(runs, run)[0].agrees


def test_a_gpu_is_not_expected_to_repeat_itself_to_the_bit(runs, trained, monkeypatch):
    elsewhere(trained, device="GeForce")
    monkeypatch.setattr("aecore.runs.folder.Run.environment", lambda run: {"device": "GeForce", "threads": 1})

    agreement, _ = again(runs, trained)

    assert (agreement.agrees, agreement.tolerance) == (True, TOLERANCE)
    assert "a GPU does not add in a fixed order" in agreement.expected


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_it_trains_with_as_many_threads_as_the_first_time(runs, trained):
    before = torch.get_num_threads()
    elsewhere(trained, threads=2)
    try:
        _, made = again(runs, trained)
    finally:
        torch.set_num_threads(before)

    assert made.environment()["threads"] == 2


def test_a_starter_run_without_optimiser_is_reproduced(runs, trained, tmp_path):
    ship(trained, tmp_path / "shelf" / "small")
    shelf = Runs(runs.root, starters=tmp_path / "shelf")

    agreement, made = again(shelf, shelf.get("small"))

    assert agreement.agrees
    assert agreement.tolerance == 0
    assert not made.starter


def test_an_unfinished_run_is_refused(runs):
    with pytest.raises(RunError, match="only a finished run can be reproduced; resume it first"):
        next(reproduce(runs, runs.create(tiny_recipe()).id))


def test_a_run_without_a_record_of_its_last_epoch_is_refused_before_anything_is_trained(runs, trained):
    content = (trained.path / "metrics.jsonl").read_text()
    (trained.path / "metrics.jsonl").write_text(content[: content.rindex('"validation"')])

    with pytest.raises(RunError, match="no record of its last epoch, 3"):
        next(reproduce(runs, trained.id))
    assert len(runs.list()) == 1


def test_pictures_that_have_changed_are_refused_before_anything_is_trained(runs, trained):
    (trained.path / "recipe.json").write_text(trained.recipe().with_fingerprint("0" * 64).to_json())

    with pytest.raises(RunError, match="The pictures of 'tiny' have changed"):
        next(reproduce(runs, trained.id))
    assert len(runs.list()) == 1


def test_a_device_that_is_not_here_is_replaced_unless_it_was_asked_for(runs, trained):
    trained.write_about(device="cuda:7")

    with pytest.raises(SettingError, match="no device 'cuda:7'"):
        next(reproduce(runs, trained.id, device="cuda:7"))
    _, made = again(runs, trained)
    assert made.about()["device"] == "auto"
    assert next(reproduce(runs, trained.id, device="cpu")).about()["device"] == "cpu"


def test_the_longest_name_still_leaves_room_for_again(runs, trained):
    trained.write_about(name="x" * 80)

    made = next(reproduce(runs, trained.id))

    assert made.summary().name == "x" * 73 + ", again"

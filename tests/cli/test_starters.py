"""The command that makes the starter runs."""

import json

import pytest

from aecore.jobs import starters as made
from aecore.jobs.starters import STARTERS, Starter
from aecore.runs.folder import Run

SMALL = Starter("small", "Small", "simple", "colours", {"training.epochs": 1, "bottleneck.code_size": 2})


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """One small starter run, and a place of the test's own for it."""
    monkeypatch.setattr(made, "STARTERS", (SMALL,))
    monkeypatch.setattr("aecore.cli.starters.STARTER_RUNS", tmp_path / "starters")
    return tmp_path / "starters"


def test_the_starter_runs_are_listed_without_making_them(lab):
    listed = lab.json("starters", "--list")

    assert [each["key"] for each in listed] == [each.key for each in STARTERS]
    assert listed[0]["changes"] == {"training.epochs": 50}
    assert lab("starters", "--list").out.startswith("starter run")
    assert not lab.runs.root.exists()


def test_a_starter_run_is_trained_shipped_and_measured_as_shipped(lab, shelf):
    (row,) = lab.json("starters", "--only", "small")

    assert row["bytes"] == Run(shelf / "small").bytes_on_disk()
    assert row["figures"]["images"] == 6
    assert (shelf / "small" / "evaluation.json").is_file()
    assert "small is shipped" in lab("starters").err


def test_an_unknown_starter_run_is_named(lab):
    assert "'vae-3': choose one of vae-2-mnist" in lab.refused("starters", "--only", "vae-3")


def test_a_starter_run_that_is_stopped_is_not_shipped(lab, shelf, monkeypatch):
    monkeypatch.setattr(made, "run_here", lambda run: iter(()))
    said = lab("starters")

    assert (said.status, said.out) == (130, "")
    assert "the same command goes on from here" in said.err
    assert not (shelf / "small").exists()


def test_what_is_shipped_is_measured_again_and_becomes_a_table(lab, shelf, tmp_path):
    lab.json("starters")
    (shelf / "small" / "evaluation.json").unlink()
    page = tmp_path / "page.md"
    page.write_text("<!-- table: made by `python -m aecore starters --table` --><!-- end of the table -->")

    assert "starters --measure --only small" in lab.refused("starters", "--table", str(page))
    (row,) = lab.json("starters", "--measure")
    lab.json("starters", "--table", str(page))

    assert row["figures"]["images"] == 6
    assert "| `small` | simple on colours" in page.read_text()
    assert "cannot be used" in lab.refused("starters", "--table", str(tmp_path / "nowhere.md"))


def test_a_classifier_is_trained_and_shipped_with_how_it_was_made(lab, mnist_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_DATA", str(mnist_folder))
    monkeypatch.setattr("aecore.training.classifier.MOST_SEEN", 256)
    monkeypatch.setattr("aecore.jobs.classifiers.shipped_path", lambda name: tmp_path / f"{name}.safetensors")

    (made,) = lab.json("classifiers", "--only", "mnist")

    assert (made["dataset"], made["classes"], made["train_images"]) == ("mnist", 10, 55_000)
    assert 0 < made["test_accuracy"] < 0.9
    assert json.loads((tmp_path / "mnist.json").read_text()) == made
    assert (tmp_path / "mnist.safetensors").stat().st_size < 100_000


def test_only_data_sets_that_ship_have_a_classifier_that_ships(lab):
    assert "'colours' does not ship" in lab.refused("classifiers", "--only", "colours")

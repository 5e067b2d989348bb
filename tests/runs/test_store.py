"""All runs of a folder: found, listed, named, deleted and brought back."""

import re
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from aecore.errors import RunError
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from tests.runs.tiny import tiny_recipe


def test_ids_can_be_read_and_sort_by_time(runs):
    first, second = runs.create(tiny_recipe()), runs.create(tiny_recipe())

    assert re.fullmatch(r"\d{8}-\d{6}-denoising-[0-9a-f]{4}", first.id)
    assert [summary.id for summary in runs.list()] == [second.id, first.id]


def test_a_run_is_found_by_id_beginning_and_name(runs):
    run = runs.create(tiny_recipe(), "my first")

    assert {runs.get(key).id for key in (run.id, run.id[:-2], "my first")} == {run.id}


def test_a_key_that_means_several_runs_or_none_is_an_error(runs):
    runs.create(tiny_recipe(), "same"), runs.create(tiny_recipe(), "same")

    with pytest.raises(RunError, match="means 2 runs"):
        runs.get("same")
    with pytest.raises(RunError, match="There is no run 'other'"):
        runs.get("other")
    with pytest.raises(RunError, match="There is no run"):
        runs.get("../" + runs.root.name)


def test_a_run_without_a_name_is_called_by_variant_and_data(runs):
    assert runs.create(tiny_recipe()).summary().name == "Denoising on tiny"


def test_a_run_can_be_renamed_and_keeps_its_id(runs):
    run = runs.create(tiny_recipe(), "old")

    runs.rename(run.id, "  new   name ")

    assert runs.get(run.id).summary().name == "new name"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "bell\a"])
def test_a_name_that_cannot_be_read_is_refused(runs, name):
    run = runs.create(tiny_recipe())

    with pytest.raises(RunError, match="name"):
        runs.rename(run.id, name)


def test_a_deleted_run_is_gone_until_it_is_brought_back(runs):
    run = runs.create(tiny_recipe())

    deleted = runs.delete(run.id)
    listed = runs.list()
    back = runs.undo(deleted)

    assert listed == []
    assert back.summary().state == "stopped"
    assert runs.trashed() == ()


def test_after_the_next_start_a_deleted_run_cannot_be_brought_back(runs):
    deleted = runs.delete(runs.create(tiny_recipe()).id)

    runs.empty_trash()

    assert runs.trashed() == ()
    with pytest.raises(RunError, match="not in the trash"):
        runs.undo(deleted)


def test_a_run_under_way_is_not_deleted(runs):
    run = runs.create(tiny_recipe())

    with run.hold(), pytest.raises(RunError, match="stop it before"):
        runs.delete(run.id)


def test_starter_runs_are_listed_last_and_cannot_be_changed(runs, trained):
    runs.starters.mkdir()
    shutil.move(trained.path, runs.starters / "starter")
    own = runs.create(tiny_recipe())

    assert not Run(runs.starters / "starter").summary().starter  # as any folder; the list looks anew
    assert [(each.id, each.starter) for each in runs.list()] == [(own.id, False), ("starter", True)]
    for change in (lambda: runs.delete("starter"), lambda: runs.rename("starter", "mine")):
        with pytest.raises(RunError, match="starter run"):
            change()
    with pytest.raises(RunError, match="starter run"), runs.get("starter").hold():
        pass


def test_a_damaged_run_hides_no_other_and_can_be_deleted(runs, trained):
    (runs.root / "stray").mkdir()
    (trained.path / "recipe.json").write_text("{")

    assert {each.id: each.damaged for each in runs.list()} == {"stray": True, trained.id: True}

    runs.delete("stray")
    assert [each.id for each in runs.list()] == [trained.id]


def test_no_folder_yet_means_no_runs(tmp_path):
    assert Runs(tmp_path / "nowhere", starters=tmp_path / "none").list() == []


def test_a_thousand_runs_are_listed(runs, trained):
    for index in range(1000):
        copy = runs.root / f"20261122-103355-denoising-{index:04x}"
        copy.mkdir()
        for name in ("recipe.json", "about.json", "status.json", "metrics.jsonl"):
            (copy / name).hardlink_to(trained.path / name)

    started = time.perf_counter()
    listed = runs.list()
    print(f"\n1,001 runs listed in {time.perf_counter() - started:.3f} s")

    assert len(listed) == 1001
    assert not any(each.damaged for each in listed)


def test_what_has_not_changed_is_listed_without_being_read_again(runs, trained, monkeypatch):
    runs.create(tiny_recipe())
    listed = runs.list()
    read = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or real(path))

    assert runs.list() == listed
    assert read == []
    runs.rename(trained.id, "another")
    assert {each.name for each in runs.list()} == {"another", "Denoising on tiny"}


@pytest.mark.parametrize(("name", "cut"), [("recipe.json", 9), ("recipe.json", None), ("status.json", 9)])
def test_a_list_shows_what_was_damaged_since_the_last_and_what_was_mended(runs, trained, name, cut):
    listed = runs.list()
    path = trained.path / name
    content = path.read_bytes()

    path.unlink() if cut is None else path.write_bytes(content[:-cut])
    (damaged,) = runs.list()
    assert damaged.damaged
    assert name in damaged.message
    path.write_bytes(content)
    assert runs.list() == listed


def test_a_list_shows_that_weights_were_taken_away_and_brought_back(runs, trained):
    assert [each.weights for each in runs.list()] == [True]
    kept, away = trained.path / "checkpoint.safetensors", trained.path / "away"
    (trained.path / "checkpoint.previous.safetensors").unlink(missing_ok=True)
    kept.rename(away)
    assert [each.weights for each in runs.list()] == [False]
    away.rename(kept)
    assert [each.weights for each in runs.list()] == [True]


def test_runs_made_in_the_same_second_never_share_an_id(runs, monkeypatch):
    digits = iter(["0001", "0001", "0002"])
    monkeypatch.setattr("aecore.runs.names.secrets.token_hex", lambda _: next(digits))
    monkeypatch.setattr("aecore.runs.store.datetime", Noon)

    made = [runs.create(tiny_recipe()).id for _ in range(2)]

    assert [each[-4:] for each in made] == ["0001", "0002"]


class Noon(datetime):
    @classmethod
    def now(cls, zone=None):
        return cls(2026, 11, 22, 12, tzinfo=zone)

"""Groups of images kept with a run: what is written is read again, by name, for the data it was made of."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from aecore.errors import RunError
from aecore.runs.folder import Run
from aecore.runs.groups import MAX_GROUPS, Groups
from aecore.runs.store import Runs


@pytest.fixture
def kept(trained, splits):
    return Groups(trained, splits)


def written(run):
    return run.kept_folder() / "groups.json"


def names(groups):
    return [each.name for each in groups.list()]


def test_a_run_has_no_groups_at_first_and_reading_them_makes_no_folder(kept, trained):
    assert kept.list() == ()
    assert not trained.kept_folder().exists() or not written(trained).exists()


def test_a_group_is_kept_under_a_clean_name_with_each_image_once_in_ascending_order(kept, trained, splits):
    kept.add("  thin \n sevens ", np.array([17, 3, 3, 950]))
    found = Groups(Run(trained.path), splits).get("thin sevens")
    assert found.images.tolist() == [3, 17, 950]
    assert found.images.dtype == np.int64
    assert (found.usable, found.fingerprint) == (True, splits.fingerprint)


def test_groups_are_renamed_and_deleted_and_keep_their_order(kept):
    for name in ("a", "b", "c"):
        kept.add(name, [1])
    kept.rename("a", "d")
    kept.rename("c", "c")
    assert names(kept) == ["d", "b", "c"]
    kept.delete("b")
    assert names(kept) == ["d", "c"]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (lambda kept: kept.add("here", [2]), "There is a group 'here' already"),
        (lambda kept: kept.rename("other", "here"), "There is a group 'here' already"),
        (lambda kept: kept.rename("nowhere", "new"), "There is no group 'nowhere': choose one of here, other"),
        (lambda kept: kept.delete("nowhere"), "There is no group 'nowhere'"),
        (lambda kept: kept.get("nowhere"), "There is no group 'nowhere'"),
        (lambda kept: kept.add(" ", [2]), "give the group at least one letter"),
        (lambda kept: kept.add("x" * 61, [2]), "61 characters: choose at most 60"),
        (lambda kept: kept.add("none", []), "at least one image"),
        (lambda kept: kept.add("far", [5, 1000]), "There is no image 1,000: 'tiny' has 0 to 999"),
        (lambda kept: kept.add("before", [-1]), "There is no image -1"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(kept, trained, action, sentence):
    kept.add("here", [1])
    kept.add("other", [2])
    before = written(trained).read_bytes()
    with pytest.raises(RunError, match=sentence):
        action(kept)
    assert written(trained).read_bytes() == before


def test_a_run_keeps_so_many_groups_and_no_more(kept, monkeypatch):
    monkeypatch.setattr("aecore.runs.groups.MAX_GROUPS", 2)
    assert MAX_GROUPS > 2
    kept.add("a", [1])
    kept.add("b", [1])
    with pytest.raises(RunError, match="keeps 2 groups, the most there may be"):
        kept.add("c", [1])


def test_two_who_write_at_the_same_time_lose_nothing(trained, splits):
    def add(index):
        Groups(Run(trained.path), splits).add(f"group {index}", [index])

    with ThreadPoolExecutor(8) as together:
        list(together.map(add, range(24)))
    assert sorted(names(Groups(trained, splits))) == sorted(f"group {index}" for index in range(24))


def test_a_group_of_other_images_is_listed_with_the_reason_and_cannot_be_used(kept, trained, splits):
    kept.add("old", [1])
    now = Groups(trained, replace(splits, fingerprint="other"))
    (found,) = now.list()
    assert not found.usable
    assert "made of other images than those of 'tiny' now" in found.problem
    with pytest.raises(RunError, match="made of other images"):
        now.get("old")
    now.delete("old")
    assert now.list() == ()


def test_a_group_that_names_images_which_are_not_there_cannot_be_used(kept, trained, splits):
    kept.add("late", [900])
    fewer = replace(splits, test=splits.test.first(1))
    assert "names image 900 of 901" not in Groups(trained, fewer).list()[0].problem
    kept.add("later", [999])
    assert "names image 999 of 901" in Groups(trained, fewer).list()[1].problem


GOOD = {"name": "a", "fingerprint": "f", "images": [1, 2]}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2, "groups": []}',
        '{"format": 1}',
        '{"format": 1, "groups": [3]}',
        *(
            json.dumps({"format": 1, "groups": groups})
            for groups in (
                [GOOD | {"name": ""}],
                [GOOD | {"name": " a"}],
                [GOOD | {"name": "x" * 61}],
                [GOOD | {"fingerprint": 3}],
                [GOOD | {"images": []}],
                [GOOD | {"images": [2, 1]}],
                [GOOD | {"images": [1, 1]}],
                [GOOD | {"images": [-1]}],
                [GOOD | {"images": [1.5]}],
                [GOOD | {"images": [True]}],
                [GOOD | {"images": "12"}],
                [GOOD | {"images": [2**70]}],
                [GOOD, GOOD],
            )
        ),
    ],
)
def test_a_damaged_file_is_a_sentence_that_names_it_and_stays_as_it_is(kept, trained, content):
    kept.add("a", [1])
    written(trained).write_text(content)
    for action in (kept.list, lambda: kept.add("b", [1]), lambda: kept.delete("a")):
        with pytest.raises(RunError, match=r"Mend or delete .*groups\.json"):
            action()
    assert written(trained).read_text() == content


def test_a_run_that_was_deleted_meanwhile_does_not_come_back(kept, trained, runs):
    runs.delete(trained.id)
    with pytest.raises(RunError, match="There is no run"):
        kept.add("a", [1])
    assert not trained.path.exists()


def test_a_starter_run_stays_as_it_is_and_its_groups_lie_among_ones_own_runs(trained, splits, runs, tmp_path):
    shipped = tmp_path / "starters" / trained.id
    shipped.parent.mkdir()
    trained.path.rename(shipped)
    before = sorted(path.name for path in shipped.rglob("*"))
    run = runs.get(trained.id)
    Groups(run, splits, runs.root).add("a", [1])
    assert run.starter
    assert sorted(path.name for path in shipped.rglob("*")) == before
    assert names(Groups(run, splits, runs.root)) == ["a"]
    assert [each.id for each in runs.list()] == [run.id]


def test_groups_travel_in_the_zip_of_a_run(kept, trained, splits, runs):
    kept.add("a", [1, 5])
    again = runs.import_zip(runs.export_zip(trained.id))
    assert Groups(again, splits).get("a").images.tolist() == [1, 5]
    assert not list(again.kept_folder().glob(".*"))


def test_groups_of_a_starter_run_travel_too(trained, splits, tmp_path):
    trained.path.rename(tmp_path / "shipped")
    run = Run(tmp_path / "shipped", starter=True)
    others = Runs(tmp_path / "others", starters=tmp_path / "none")
    Groups(run, splits, others.root).add("a", [1])
    others.starters = tmp_path / "starters"
    others.starters.mkdir()
    run.path.rename(others.starters / "shipped")
    again = others.import_zip(others.export_zip("shipped"))
    assert again.id != "shipped" or not again.starter
    assert names(Groups(again, splits, others.root)) == ["a"]

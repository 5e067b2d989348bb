"""Groups and directions from the shell."""

import json

import pytest

from aecore.analysis.directions import direction_between
from aecore.runs.groups import Groups
from aecore.runs.opened import open_run


def names(lab, run):
    return [each["name"] for each in lab.json("groups", run)]


def test_groups_are_kept_renamed_listed_and_deleted(lab, trained):
    assert lab.json("groups", trained) == []
    assert "no groups yet" in lab("groups", trained).out
    (made,) = lab.json("groups", trained, "--add", "some reds", "--images", "7,1-3,7")
    assert (made["images"], made["count"], made["usable"], made["problem"]) == ([1, 2, 3, 7], 4, True, "")
    lab.json("groups", trained, "--add", "tests", "--images", "0-1", "--split", "test")
    splits = open_run(lab.runs.get(trained)).splits
    first = len(splits.train) + len(splits.validation)
    assert Groups(lab.runs.get(trained), splits).get("tests").images.tolist() == [first, first + 1]
    assert "some reds" in lab("groups", trained).out
    lab.json("groups", trained, "--rename", "some reds", "reds")
    lab.json("groups", trained, "--delete", "tests")
    assert names(lab, trained) == ["reds"]


def test_a_group_of_other_images_is_listed_with_the_reason(lab, trained):
    lab.json("groups", trained, "--add", "a", "--images", "1,2")
    file = lab.runs.get(trained).kept_folder() / "groups.json"
    values = json.loads(file.read_text())
    values["groups"][0]["fingerprint"] = "other"
    file.write_text(json.dumps(values))
    (found,) = lab.json("groups", trained)
    assert not found["usable"]
    assert found["problem"] in lab("groups", trained).out
    assert "made of other images" in lab.refused("direction", trained, "a", "a")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--add", "a"], "give both or neither"),
        (["--images", "1"], "give both or neither"),
        (["--split", "test"], "give both or neither"),
        (["--add", "a", "--images", "1-x"], "'1-x' is no image"),
        (["--add", "a", "--images", "60"], "There is no image 60"),
        (["--add", "a", "--images", "9", "--split", "test"], "the test split has 0 to 5"),
        (["--add", "a" * 61, "--images", "1"], "choose at most 60"),
        (["--delete", "a"], "There is no group 'a'"),
    ],
)
def test_what_cannot_be_is_one_sentence(lab, trained, words, sentence):
    assert sentence in lab.refused("groups", trained, *words)


def test_the_direction_between_two_groups_is_that_of_python(lab, trained):
    lab.json("groups", trained, "--add", "one", "--images", "0-19")
    lab.json("groups", trained, "--add", "two", "--images", "15-39")
    document = lab.json("direction", trained, "one", "two")
    opened = open_run(lab.runs.get(trained))
    groups = Groups(opened.run, opened.splits)
    expected = direction_between(opened, groups.get("one").images, groups.get("two").images).to_dict()
    named = {"run": trained, "first": "one", "second": "two"}
    assert document == named | json.loads(json.dumps(expected))
    assert (document["images"], document["shared"]) == ([15, 20], 5)
    assert "5 images are in both groups" in lab("direction", trained, "one", "two").out


def test_a_direction_needs_two_groups_that_are_there(lab, trained):
    lab.json("groups", trained, "--add", "one", "--images", "0-19")
    assert "There is no group 'two': choose one of one" in lab.refused("direction", trained, "one", "two")
    assert "choose two groups that differ" in lab.refused("direction", trained, "one", "one")
    assert "'nowhere'" in lab.refused("direction", "nowhere", "one", "two")

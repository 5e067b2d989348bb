"""Data sets from the shell."""

import pytest

from aecore import places
from aecore.data.intake import OwnSettings
from aecore.data.own import own_datasets
from aecore.settings import describe


@pytest.fixture
def own_folder(tmp_path, monkeypatch, lab):
    """A data folder of the test's own: what it adds, no other test sees."""
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_list_has_the_shipped_sets_and_peoples_own(lab):
    listed = {each["key"]: each for each in lab.json("datasets")}

    assert listed["mnist"]["shape"] == [1, 28, 28]
    assert (listed["mnist"]["train"], listed["mnist"]["test"]) == (55_000, 10_000)
    assert listed["colours"]["kind"] == "own"
    assert listed["colours"]["class_names"] == ["blue", "green", "red"]
    assert "mnist          1x28x28  55,000" in lab("datasets").out


def test_a_folder_becomes_a_data_set_as_it_was_asked_for(lab, own_folder, pictures):
    options = ["--size", "32", "--fit", "pad", "--channels", "1", "--seed", "7", "--test-share", "0.2"]
    added = lab.json("datasets", "add", pictures, "--name", "Some greys", *options)

    assert (added["key"], added["shape"], added["test"]) == ("some_greys", [1, 32, 32], 12)
    assert [each["name"] for each in added["skipped"]] == ["notes.png"]
    assert [each.key for each in own_datasets()] == ["some_greys"]


@pytest.mark.parametrize("described", describe(OwnSettings), ids=lambda each: each.name)
def test_the_help_knows_the_limits_and_defaults_of_the_settings(lab, described):
    option = f"--{described.name.replace('_', '-')} "
    (line,) = [each for each in lab("datasets", "add", "--help").out.splitlines() if each.startswith(f"  {option}")]

    assert described.advanced or f"(default {described.default})" in line
    if described.choices:
        assert sorted(described.choices) == sorted(line.partition("{")[2].partition("}")[0].split(","))
    elif described.name != "seed":
        assert f"{described.low:g} to {described.high:g} (default {described.default})" in line


def test_what_was_left_out_is_named_up_to_a_screenful(lab, own_folder, pictures, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for index in range(30):
        (many / f"{index:02}.png").write_text("no picture")
        (many / f"picture {index}.png").write_bytes((pictures / "red" / f"{index % 20}.png").read_bytes())

    said = lab("datasets", "add", many, "--name", "many")

    assert said.status == 0
    assert said.out.startswith("many: 30 pictures of 3x64x64, own pictures: many.\n  skipped 00.png: ")
    assert said.out.count("  skipped ") == 20
    assert said.out.endswith("  and 10 more\n")


def test_a_data_set_is_deleted(lab, own_folder, pictures):
    lab.json("datasets", "add", pictures, "--name", "short")

    assert lab.json("datasets", "delete", "short") == {"deleted": "short"}
    assert own_datasets() == ()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--name", "colours"], "There is already an own data set 'colours'"),
        (["--name", "mnist"], "'mnist' is a data set of the laboratory itself"),
        (["--name", "?"], "has no letter or digit"),
        (["--name", "new", "--size", "500"], "size is 500 pixels a side: choose a value from 28 to 128"),
        (["--name", "new", "--test-share", "0.9"], "test_share is 0.9"),
        (["--name", "new", "--seed", "-1"], "seed is -1"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(lab, pictures, words, what):
    assert what in lab.refused("datasets", "add", pictures, *words)


@pytest.mark.parametrize("words", [["--fit", "squeeze"], ["--channels", "4"], ["--size", "big"]])
def test_a_choice_that_does_not_exist_is_refused(lab, pictures, words):
    lab.refused("datasets", "add", pictures, "--name", "new", *words, status=2)


def test_a_source_that_is_none_is_refused(lab, pictures):
    assert "There is no folder and no file" in lab.refused("datasets", "add", "nowhere", "--name", "new")
    assert "is text" in lab.refused("datasets", "add", pictures / "notes.png", "--name", "new")
    assert "1 file" in lab.refused("datasets", "add", _with_one_file(lab), "--name", "new")


def _with_one_file(lab):
    folder = lab.folder / "few"
    folder.mkdir()
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_of_data_that_cannot_be_written_is_named(lab, pictures, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "file"))

    assert "AECORE_DATA" in lab.refused("datasets", "add", pictures, "--name", "new")


def test_a_damaged_data_set_is_listed_with_what_is_wrong(lab, own_folder, pictures):
    lab.json("datasets", "add", pictures, "--name", "hurt")
    (places.data_folder() / "own" / "hurt" / "info.json").write_text("{")

    *_, hurt = lab.json("datasets")

    assert (hurt["key"], hurt["kind"], hurt["train"]) == ("hurt", "own", None)
    assert "damaged" in hurt["problem"]
    assert hurt["problem"] in lab("datasets").out

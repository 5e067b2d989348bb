"""What holds for every command: help, one line for what is wrong, and one JSON document."""

import json

import pytest

from aecore.data import catalog
from tests.cli.conftest import RUN_COMMANDS, strict_json

COMMANDS = (
    *RUN_COMMANDS,
    *("datasets", "datasets add", "datasets delete", "variants", "devices", "runs", "train", "export", "starters"),
    *("walk", "takeaway", "direction"),
    *("experiment", "experiments", "experiments delete"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_what_its_json_holds(lab, command):
    said = lab(*command.split(), "--help")

    assert said.status == 0
    assert said.out.startswith(f"usage: python -m aecore {command}")
    assert said.out.isascii()
    assert said.err == ""
    assert lab.documented(*command.split())


def test_the_help_names_every_command(lab):
    listed = lab("--help").out

    assert all(f"\n    {command} " in listed for command in COMMANDS if " " not in command)


@pytest.mark.parametrize("words", [(), ("paint",), ("runs", "--jsn"), ("train", "simple"), ("evaluate",)])
def test_words_that_make_no_command_are_answered_in_one_line(lab, words):
    assert "--help says more" in lab.refused(*words, status=2)


@pytest.mark.parametrize("command", RUN_COMMANDS)
def test_an_unknown_run_is_named(lab, command):
    assert "'nowhere'" in lab.refused(command, "nowhere")


def test_an_unknown_run_is_not_exported(lab):
    assert "'nowhere'" in lab.refused("export", "nowhere", "--what", "decoder", "-o", "decoder.onnx")
    assert not (lab.folder / "decoder.onnx").exists()


def test_options_may_stand_before_the_command_and_before_its_action(lab, trained):
    for words in (["--json", "runs"], ["runs", "--json"]):
        assert strict_json(lab(*words).out)[0]["id"] == trained
    assert lab("--runs", "elsewhere", "--json", "show", trained).status == 1
    assert "'none'" in lab("datasets", "--json", "delete", "none").err


def test_a_file_is_no_folder_of_runs(lab, pictures):
    assert "is a file: --runs takes a folder" in lab.refused("runs", "--runs", pictures / "notes.png")


def test_numbers_that_are_not_finite_are_null(lab, trained):
    status = lab.runs.get(trained).path / "status.json"
    values = json.loads(status.read_text())
    values["metrics"]["validation"] |= {"loss": float("nan"), "kl": float("-inf")}
    status.write_text(json.dumps(values))

    (shown, *_) = lab.json("runs")

    assert shown["loss"] is None
    assert shown["metrics"]["validation"]["kl"] is None


def test_what_a_library_prints_does_not_stand_beside_the_answer(lab, monkeypatch):
    listed = catalog.datasets
    monkeypatch.setattr(catalog, "datasets", lambda: print("a word from a library") or listed())

    assert {each["key"] for each in lab.json("datasets")} >= {"mnist", "colours"}
    assert "a word from a library" in lab("datasets").err


def test_a_name_cannot_command_the_terminal(lab, trained):
    about = lab.runs.get(trained).path / "about.json"
    about.write_text(json.dumps({"name": "\x1b[2Jgone\x07"}))

    for words in (["runs"], ["show", trained], ["resume", trained, "--epochs", "1"]):
        said = lab(*words)
        assert "\x1b" not in said.out + said.err
        assert "\N{REPLACEMENT CHARACTER}[2Jgone" in said.out


def test_an_error_of_the_system_is_one_line(lab, monkeypatch):
    def refuse():
        raise PermissionError(13, "Permission denied", "/data/own")

    monkeypatch.setattr(catalog, "datasets", refuse)

    assert lab.refused("datasets") == "error: /data/own: Permission denied\n"


def test_too_little_memory_is_one_line(lab, monkeypatch):
    def refuse():
        raise MemoryError

    monkeypatch.setattr(catalog, "datasets", refuse)

    assert "not enough memory" in lab.refused("datasets")


def test_ctrl_c_ends_a_command_that_keeps_nothing(lab, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "datasets", interrupt)
    said = lab("datasets")

    assert (said.status, said.out, said.err) == (130, "", "interrupted\n")

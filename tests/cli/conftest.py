"""A lab of its own for each test: own pictures, an empty folder of runs, and the command line in this process."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from aecore import places
from aecore.cli import main
from aecore.runs.store import Runs

CLASSES = ("red", "green", "blue")
EACH = 20
RUN_COMMANDS = ("resume", "stop", "show", "delete", "undo", "evaluate", "reproduce", "groups")


@dataclass(frozen=True)
class Said:
    """What one command did."""

    status: int
    out: str
    err: str


class Lab:
    """The command line, called as a shell would call it."""

    def __init__(self, capsys, folder):
        self._capsys = capsys
        self.folder = folder
        self.runs = Runs(folder / "runs")

    def __call__(self, *words) -> Said:
        """The exit status and both streams."""
        self._capsys.readouterr()
        status = main([str(word) for word in words])
        return Said(status, *self._capsys.readouterr())

    def json(self, *words, status=0):
        """The document of a command, which is all there is on standard output and has the keys its help lists."""
        said = self(*words, "--json")
        assert said.status == status, said.err
        assert said.out.count("\n") == 1
        document = strict_json(said.out)
        self._check_keys(words, document)
        return document

    def refused(self, *words, status=1) -> str:
        """The one line that a command says instead of doing anything."""
        said = self(*words)
        assert said.status == status, said
        assert said.out == ""
        assert re.fullmatch(r"error: [^\n]+\n", said.err), said.err
        return said.err

    def documented(self, *command) -> dict[str, str]:
        """The keys of the JSON document by the help of the command, with their meaning."""
        said = self(*command, "--help")
        assert said.status == 0
        _, _, keys = said.out.partition("with --json: ")
        return dict(re.findall(r"^  (\w+)  +(.+)$", keys, flags=re.MULTILINE))

    def _check_keys(self, words, document):
        deep = words[:2] in (("datasets", "add"), ("datasets", "delete"), ("experiments", "delete"))
        documented = self.documented(*words[: 2 if deep else 1])
        needed = {name for name, text in documented.items() if not re.search(r"\bonly (for|there|where)\b", text)}
        for each in document if isinstance(document, list) else [document]:
            assert needed <= each.keys() <= documented.keys()


def strict_json(text):
    """JSON as every other language reads it: Python also takes NaN."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of 3 x 20 colour pictures of 20 x 24 pixels, and a file that is none."""
    folder, chance = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for channel, name in enumerate(CLASSES):
        (folder / name).mkdir()
        for index in range(EACH):
            pixels = chance.integers(0, 60, (20, 24, 3))
            pixels[..., channel] += 100 + 3 * index
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{index}.png")
    (folder / "notes.png").write_text("no picture")
    return folder


@pytest.fixture(scope="session")
def _data(tmp_path_factory, pictures):
    """A data folder with these pictures as the data set "colours"."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_DATA", str(folder))
        assert main(["datasets", "add", str(pictures), "--name", "colours", "--size", "28"]) == 0
    return folder


@pytest.fixture(scope="session")
def mnist_folder(_folders_of_their_own):
    """The data folder of the whole session, where MNIST is unpacked once."""
    return places.data_folder()


@pytest.fixture
def lab(_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AECORE_DATA", str(_data))
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    return Lab(capsys, tmp_path)


@pytest.fixture(scope="session")
def _trained(_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    words = ["--dataset", "colours", "--epochs", "2", "--set", "bottleneck.code_size=3", "--runs", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_DATA", str(_data))
        assert main(["train", "variational", *words, "--name", "Colours on a plane"]) == 0
    runs = Runs(folder)
    return runs.export_zip(runs.list()[0].id)


@pytest.fixture
def trained(lab, _trained):
    """The id of a finished variational run of two epochs that the test may break."""
    return lab.runs.import_zip(_trained).id

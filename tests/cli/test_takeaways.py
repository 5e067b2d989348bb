"""A latent space in one file from the shell: the same bytes as from Python."""

import jaxtyping
import pytest

from aecore.analysis.takeaway import takeaway
from aecore.runs.opened import open_run


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """See tests/analysis/test_export.py: encoders are exported."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def test_the_file_is_the_one_that_python_makes(lab, trained, tmp_path):
    out = tmp_path / "space.html"
    document = lab.json("takeaway", trained, "-o", out, "--points", "5", "--pictures", "3")
    opened = open_run(lab.runs.get(trained))
    assert out.read_bytes() == takeaway(opened, "Colours on a plane", points=5, pictures=3)
    assert (document["run"], document["bytes"], document["points"]) == (trained, out.stat().st_size, 5)


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("none/space.html", [], "There is no folder"),
        ("space.html", ["--points", "1"], "2 to 70,000 points, not 1"),
        ("space.html", ["--pictures", "1"], "a walk needs two"),
    ],
)
def test_what_cannot_be_made_is_one_sentence_and_no_file(lab, trained, tmp_path, name, words, sentence):
    assert sentence in lab.refused("takeaway", trained, "-o", tmp_path / name, *words)
    assert not (tmp_path / name).exists()

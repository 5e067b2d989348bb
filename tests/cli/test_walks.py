"""Films of walks from the shell: the same bytes as from Python."""

import numpy as np
import pytest

from aecore.analysis.drawn import drawn_codes
from aecore.analysis.film import film
from aecore.analysis.latent import latent_map
from aecore.analysis.trained import encode
from aecore.analysis.walks import walk, walk_along
from aecore.cli.walks import image_numbers
from aecore.errors import SettingError
from aecore.runs.opened import open_run


@pytest.mark.parametrize("kind", ["gif", "mp4", "png"])
def test_a_walk_is_the_film_that_python_makes(lab, trained, tmp_path, kind):
    out = tmp_path / f"walk.{kind}"
    words = ["--stops", "3,0-1", "--way", "spherical", "--steps", "4", "--fps", "10", "--enlarge", "2"]
    document = lab.json("walk", trained, "-o", out, *words, "--split", "train", "--closed", "--back")
    opened = open_run(lab.runs.get(trained))
    stops = encode(opened, opened.splits.train.images[[3, 0, 1]])
    images = walk(opened, stops, 4, "spherical", closed=True).images
    assert out.read_bytes() == film(images, kind, 10, 2, back=True)
    assert (document["stops"], document["frames"], document["kind"]) == ([3, 0, 1], 22, kind)
    assert document["seconds"] == (None if kind == "png" else 2.2)
    assert document["bytes"] == out.stat().st_size


def test_images_of_all_splits_are_counted_as_those_of_groups(lab, trained, tmp_path):
    opened = open_run(lab.runs.get(trained))
    words = ["--steps", "2", "--enlarge", "1"]
    first = opened.splits.offset("test")
    of_all, of_test = tmp_path / "all.gif", tmp_path / "test.gif"
    lab.json("walk", trained, "-o", of_all, "--split", "all", "--stops", f"{first},{first + 2}", *words)
    lab.json("walk", trained, "-o", of_test, "--split", "test", "--stops", "0,2", *words)
    assert of_all.read_bytes() == of_test.read_bytes()
    refused = lab.refused("walk", trained, "-o", of_all, "--split", "all", "--stops", f"0,{opened.splits.count}")
    assert f"the data set has 0 to {opened.splits.count - 1}" in refused


def test_a_run_without_an_encoder_walks_over_what_it_draws(lab, tmp_path):
    assert lab("train", "gan", "--dataset", "colours", "--epochs", "1").status == 0
    run = lab.runs.list()[0].id
    out = tmp_path / "walk.gif"
    document = lab.json("walk", run, "-o", out, "--stops", "5,70", "--steps", "3", "--enlarge", "2")
    opened = open_run(lab.runs.get(run))
    assert out.read_bytes() == film(walk(opened, drawn_codes(opened, 71)[[5, 70]], 3).images, "gif", 24, 2)
    assert document["split"] == "drawn"


def test_a_line_is_drawn_on_the_map_of_the_split(lab, trained, tmp_path):
    out = tmp_path / "walk.gif"
    document = lab.json("walk", trained, "-o", out, "--line=-0.5,-1 2,0 2,1.5e-1", "--steps", "6", "--split", "all")
    opened = open_run(lab.runs.get(trained))
    line = np.array([[-0.5, -1], [2, 0], [2, 0.15]], np.float32)
    images = walk_along(opened, latent_map(opened, "all"), line, 6).images
    assert out.read_bytes() == film(images, "gif", 24, 8)
    assert (document["stops"], document["frames"]) == ([], 6)
    assert "no line" in lab.refused("walk", trained, "-o", out, "--line", "0.5,-1 2")
    assert "no projection by umap" in lab.refused("walk", trained, "-o", out, "--line", "0,0 1,1", "--plane", "umap")


def test_images_are_numbers_and_ranges():
    assert image_numbers("3,8, 15") == [3, 8, 15]
    assert image_numbers("1,2,5-9") == [1, 2, 5, 6, 7, 8, 9]
    for text in ("", "a", "1,,2", "-3", "3-", "5-2", "1.5", "99999999999", "²"):
        with pytest.raises(SettingError, match="as 3,8,15 or 5-9"):
            image_numbers(text)


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("walk.avi", ["--stops", "0,1"], "walk.avi ends with .avi"),
        ("none/walk.gif", ["--stops", "0,1"], "There is no folder"),
        ("walk.gif", ["--stops", "0"], "1 stops leads nowhere"),
        ("walk.gif", ["--stops", "0,99"], "There is no image 99: the test split has 0 to 5"),
        ("walk.gif", ["--stops", "0,x"], "'x' is no image"),
        ("walk.gif", ["--stops", "0,1", "--fps", "99"], "choose 1 to 50"),
        ("walk.gif", ["--stops", "0,1", "--steps", "0"], "choose 1 or more"),
    ],
)
def test_what_is_no_walk_is_one_sentence_and_no_file(lab, trained, tmp_path, name, words, sentence):
    assert sentence in lab.refused("walk", trained, "-o", tmp_path / name, *words)
    assert not (tmp_path / name).exists()


def test_an_unknown_run_has_no_walk(lab, tmp_path):
    assert "'nowhere'" in lab.refused("walk", "nowhere", "-o", tmp_path / "a.gif", "--stops", "0,1")

"""Pictures flagged from the shell: a line of JSON for each, the same numbers as the page's function gives."""

import json

import pytest

from aecore.analysis.anomalies.detector import fit_detector
from aecore.analysis.anomalies.flags import draw_line, flag_pictures, take_picture
from aecore.runs.opened import open_run


def test_each_file_is_a_line_with_the_numbers_that_the_page_shows(lab, trained, pictures):
    files = [pictures / "red" / "0.png", pictures / "blue" / "3.png"]
    said = lab("score", trained, *files, "--score", "squared_error", "--quantile", "0.5")
    assert said.status == 0, said.err
    lines = [json.loads(each) for each in said.out.splitlines()]
    detector = fit_detector(open_run(lab.runs.get(trained)))
    line, _ = draw_line(detector, "squared_error", 0.5)
    expected = flag_pictures(detector, [take_picture(str(each), each, detector.shape, "crop") for each in files], line)
    assert lines == [each.numbers(line) for each in expected]
    assert lines[0]["file"] == str(files[0])


def test_a_file_that_is_no_picture_says_why_costs_none_of_the_others_and_is_a_no(lab, trained, pictures):
    files = [pictures / "notes.png", pictures / "red" / "0.png", lab.folder / "missing.png"]
    document = lab.json("score", trained, *files, status=1)
    assert document[0] == {
        "file": str(files[0]),
        "error": "This is text: give pictures as PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF.",
    }
    assert document[1]["flagged"] in (True, False)
    assert "cannot be read" in document[2]["error"]


def test_a_threshold_of_ones_own_takes_the_place_of_the_quantile(lab, trained, pictures):
    (low,) = lab.json("score", trained, pictures / "red" / "0.png", "--threshold=-1e9")
    assert (low["flagged"], low["threshold"], low["quantile"], low["score"]) == (True, -1e9, None, "together")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--score", "mse"], "There is no score 'mse': choose one of together"),
        (["--quantile", "95"], "The quantile is 95: choose a share between 0 and 1"),
        (["--quantile", "0.5", "--threshold", "1"], "leave one of them out"),
        (["--threshold", "nan"], "give a number"),
    ],
)
def test_what_cannot_be_is_one_sentence(lab, trained, pictures, words, sentence):
    assert sentence in lab.refused("score", trained, pictures / "red" / "0.png", *words)

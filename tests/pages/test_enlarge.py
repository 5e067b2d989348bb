"""Enlarge: what is shown of a picture, the evidence beside it, and the file that can be taken away."""

import io
import json
import re
import shlex

import numpy as np
import pytest
from PIL import Image

from aecore import places
from aecore.analysis.restoring.enlarge import enlarged
from aecore.analysis.restoring.files import enlarged_file, taken_in
from aecore.analysis.restoring.protocol import luma_scores
from aecore.cli import main
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.hostile import make_corpus
from tests.pages.oblong import checked, errors, lines_of, make_oblong, open_page, sentences, tables, train_as_it_is

SMALL = {"network.first_filters": 4, "network.second_filters": 4}


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("enlarge") / "runs")
    return runs.export_zip(train_as_it_is(runs, "srcnn", "Sharper", **SMALL).id)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def run(runs, _trained):
    return runs.import_zip(_trained)


def photograph(height=40, width=50):
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([120 + 90 * np.sin(x / 3), 120 + 80 * np.cos(y / 2), 60 + 2 * x], 2)
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def with_picture(content, name="own.png", page="enlarge"):
    app = open_page(page)
    return checked(app.file_uploader[0].upload(name, content).run())


def layers(app):
    """The layers that the browser is sent, by name: uint8 [channels, height, width]."""
    (component,) = app.get("bidi_component")
    packed = component.proto.bytes
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    found = {}
    for index, name in enumerate(header["layers"]):
        place = header["arrays"][f"layer{index}"]
        count = int(np.prod(place["shape"]))
        start = 4 + length + place["offset"]
        found[name] = np.frombuffer(packed[start : start + count], np.uint8).reshape(place["shape"])
    return found


def test_without_a_picture_the_page_says_what_will_come(run):
    app = open_page("enlarge")
    checked(app.pills(key="enlarge.sample").set_value(None).run())
    assert "Add a picture" in sentences(app)


def test_without_a_model_it_says_how_to_get_one(runs):
    assert "Train a model" in sentences(open_page("enlarge"))


def test_a_picture_is_shown_as_it_came_by_bicubic_and_by_the_model(run):
    shown = layers(with_picture(photograph()))
    assert list(shown) == ["As it came", "Bicubic", "Sharper"]
    small = taken_in("own.png", photograph()).pixels
    assert np.array_equal(shown["Bicubic"].transpose(1, 2, 0), enlarged(small, 2))
    assert np.array_equal(shown["Sharper"].transpose(1, 2, 0), enlarged(small, 2, open_run(run)))
    assert np.array_equal(shown["As it came"].transpose(1, 2, 0)[::2, ::2], small)


@pytest.mark.parametrize("averaged", [False, True])
def test_a_part_is_what_it_is_in_the_whole(run, averaged):
    content = photograph(201, 261)
    app = with_picture(content)
    checked(app.toggle(key="enlarge.orientations").set_value(averaged).run())
    shown = layers(app)
    whole = enlarged(taken_in("own.png", content).pixels, 2, open_run(run), orientations=8 if averaged else 1)
    top, left = (201 - 144) // 2 * 2, (261 - 144) // 2 * 2
    part = whole[top : top + 288, left : left + 288]
    assert np.abs(shown["Sharper"].transpose(1, 2, 0).astype(int) - part).max() <= 1


def test_shrunk_first_the_original_stands_beside_it_and_the_distance_is_told(run):
    app = with_picture(photograph())
    checked(next(each for each in app.toggle if each.label == "Shrink it first").set_value(True).run())
    shown = layers(app)
    assert next(iter(shown)) == "Original"
    assert np.array_equal(shown["Original"].transpose(1, 2, 0), taken_in("own.png", photograph()).pixels)
    (table,) = tables(app)
    assert len(table["PSNR", "dB, luma, over the part shown"]) == 2
    assert "What the picture says of it" not in sentences(app)


def test_without_an_original_the_picture_itself_is_the_evidence(run):
    assert "What the picture says of it" in sentences(with_picture(photograph()))


def test_a_factor_that_a_model_does_not_know_leaves_it_out_and_says_so(run):
    app = with_picture(photograph())
    checked(app.segmented_control(key="enlarge.factor").set_value(3).run())
    assert list(layers(app)) == ["As it came", "Bicubic"]
    assert "Sharper was not trained to enlarge 3 times" in sentences(app)


def feed_corpus(app, folder):
    """Every small hostile file through the upload of a page: what is refused gets its sentence, and the page stays."""
    for name, expected in make_corpus(folder).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size > 2**22 or "." not in name:
            continue
        app.file_uploader[0].set_value([(f"{name}.png", path.read_bytes(), "image/png")])
        checked(app.run())
        assert bool(errors(app)) != expected.accepted, name
        if not expected.accepted:
            assert re.search(expected.says, " ".join(errors(app))), name


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_hostile_files_get_a_sentence_and_the_page_stays(run, tmp_path):
    feed_corpus(open_page("enlarge"), tmp_path / "corpus")


def enlarge_all(app):
    """Press the button, wait for the work and look at the page again; what was made."""
    begin = next(each for each in app.button if each.label.startswith("Enlarge all"))
    checked(begin.click().run())
    work = app.session_state["enlarge.whole"]
    while not work.ended:
        work.stopping.wait(0.05)
    checked(app.run())
    assert app.get("download_button")
    made, _ = work.result
    return made


def made_by_lines(app, folder, monkeypatch):
    """The file that the lines on the page make of the same upload: by Python, by the shell."""
    monkeypatch.chdir(folder)
    (folder / "own.png").write_bytes(photograph())
    python, shell = lines_of(app)
    exec(compile(python, "shown", "exec"), {})
    found = [taken_away(folder)]
    assert main(shlex.split(shell.replace("\\\n", ""))[3:]) == 0
    return [*found, taken_away(folder)]


def taken_away(folder):
    (made,) = [each for each in folder.glob("*.png") if each.name != "own.png"]
    content = made.read_bytes()
    made.unlink()
    return content


@pytest.mark.parametrize("averaged", [False, True])
def test_the_file_is_that_of_python_and_shell(run, averaged, tmp_path, monkeypatch):
    picture = taken_in("own.png", photograph())
    app = with_picture(photograph())
    checked(app.toggle(key="enlarge.orientations").set_value(averaged).run())
    expected = enlarged_file(picture, 2, open_run(run), orientations=8 if averaged else 1).content
    assert enlarge_all(app).content == expected
    assert tables(app) == []
    assert made_by_lines(app, tmp_path, monkeypatch) == [expected] * 2


def test_the_model_answers_from_eight_views(run):
    app = with_picture(photograph())
    one = layers(app)["Sharper"]
    checked(app.toggle(key="enlarge.orientations").set_value(True).run())
    expected = enlarged(taken_in("own.png", photograph()).pixels, 2, open_run(run), orientations=8)
    assert np.array_equal(layers(app)["Sharper"].transpose(1, 2, 0), expected)
    checked(app.toggle(key="enlarge.orientations").set_value(False).run())
    assert np.array_equal(layers(app)["Sharper"], one)


def test_the_whole_picture_is_measured_where_its_original_is_known(run):
    app = with_picture(photograph())
    checked(next(each for each in app.toggle if each.label == "Shrink it first").set_value(True).run())
    made = enlarge_all(app)
    original = taken_in("own.png", photograph()).pixels
    expected, _ = luma_scores(original, taken_in("made.png", made.content).pixels, 2)
    assert tables(app)[1]["PSNR", "dB, luma, over the whole picture"][1] == f"{expected:.2f}"


def test_at_first_a_sample_is_looked_at_and_others_can_be(run):
    app = open_page("enlarge")
    assert list(layers(app)) == ["As it came", "Bicubic", "Sharper"]
    assert "chelsea.png: 451 × 300 pixels, colour" in sentences(app)
    checked(app.pills(key="enlarge.sample").set_value("Coffee").run())
    assert "coffee.png: 600 × 400 pixels, colour" in sentences(app)


def test_the_best_model_that_ships_is_seen_first_until_one_of_ones_own_is_there(runs, request, monkeypatch):
    monkeypatch.undo()  # with the starter runs
    monkeypatch.setenv("AECORE_RUNS", str(runs.root))
    assert list(layers(open_page("enlarge"))) == ["As it came", "Bicubic", "Photographs enlarged"]
    runs.import_zip(request.getfixturevalue("_trained"))
    assert list(layers(open_page("enlarge"))) == ["As it came", "Bicubic", "Sharper"]

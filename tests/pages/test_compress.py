"""Compress: what a picture becomes, what a wrong bit does, files from elsewhere, and the curves."""

import re

import pytest
from streamlit.delta_generator import DeltaGenerator

from aecore import places
from aecore.analysis.compression import compare_codecs
from aecore.cli import main
from aecore.compression.codec import codec_of
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.hostile import make_corpus
from tests.pages.oblong import checked, errors, make_oblong, matrices, open_page, sentences, tables, train

SMALL = {
    "network.kind": "mixer",
    "network.width": 6,
    "network.expansion": 1,
    "bottleneck.code_size": 9,
    "bottleneck.qualities": 2,
}


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("compress") / "runs")
    changes = {name: value for name, value in SMALL.items() if name != "network.kind"}
    run = runs.create(_recipe(changes), "Small files", "cpu")
    from aecore.jobs import run_here

    for _ in run_here(run):
        pass
    return runs.export_zip(run.id)


def _recipe(changes):
    from aecore.training.recipe import DataChoice, make_recipe

    return make_recipe("compression", DataChoice("oblong"), {**changes, "training.epochs": 1})


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def run(runs, _trained):
    return runs.import_zip(_trained)


@pytest.fixture
def codec(run):
    return codec_of(open_run(run).composition.model)


def png(tmp_path, size=(50, 31)):
    from tests.pages.oblong import write_picture

    return write_picture(tmp_path / "mine.png", size)


def uploaded(app, data: bytes, name: str = "mine.png"):
    app.session_state["compress.source"] = "own"
    checked(app.run())
    (files,) = (each for each in app.file_uploader if each.key == "compress.file")
    return checked(files.upload(name, data, "image/png").run())


def test_without_a_fitting_run_the_page_says_how_to_train_one(runs):
    make_oblong()
    train(runs, "simple", "Plain")
    app = open_page("compress")
    assert "None of the runs fits this page" in sentences(app)
    assert any("python -m aecore train compression" in each.value for each in app.code)


def test_a_test_image_is_shown_beside_what_each_codec_keeps_of_it(run, codec):
    app = open_page("compress")
    assert errors(app) == []
    (shown,) = matrices(app)
    assert list(shown) == ["Picture", "Error map"]
    assert shown["Picture"] == ["Original", "This codec", "WebP", "JPEG"]
    (table,) = tables(app)
    file = codec.encoder.encode(open_run(run).splits.test.images[0])
    assert table["Bytes", "of the whole file"][0] == str(len(file))
    assert table["Bits per pixel", "of the whole file"][0] == f"{8 * len(file) / 480:.2f}"


def test_the_coarser_quality_is_another_file(run, codec):
    app = open_page("compress")
    (quality,) = (each for each in app.slider if each.label == "Quality")
    checked(quality.set_value(1).run())
    (table,) = tables(app)
    assert table["Bytes", "of the whole file"][0] == str(
        len(codec.encoder.encode(open_run(run).splits.test.images[0], 0))
    )


def test_an_upload_gives_the_bytes_that_the_shell_writes(run, tmp_path, monkeypatch):
    data = png(tmp_path)
    kept = []
    monkeypatch.setattr(DeltaGenerator, "download_button", lambda self, label, data, *rest, **more: kept.append(data))
    uploaded(open_page("compress"), data)
    assert main(["encode", str(tmp_path / "mine.png"), "-o", str(tmp_path / "out.aec"), "--with", run.id]) == 0
    assert kept[-2] == (tmp_path / "out.aec").read_bytes()


def test_with_the_checksum_a_wrong_bit_is_refused_and_without_it_shown(run):
    app = open_page("compress")
    (flip,) = (each for each in app.toggle if each.key == "compress.flip")
    checked(flip.set_value(True).run())
    (said,) = errors(app)
    assert "The checksum does not agree" in said
    (check,) = (each for each in app.toggle if each.key == "compress.check")
    checked(check.set_value(False).run())
    said = sentences(app)
    assert "of the pixels differ" in said or "damaged" in said
    assert "lies in the coded bytes" in said


def test_a_compressed_file_is_decoded_and_a_foreign_one_refused(run, codec):
    app = open_page("compress")
    (place,) = (each for each in app.file_uploader if each.key == "compress.compressed")
    file = codec.encoder.encode(open_run(run).splits.test.images[3])
    checked(place.upload("some.aec", file, "application/octet-stream").run())
    assert not [each for each in errors(app) if "AE C0" in each]
    (place,) = (each for each in app.file_uploader if each.key == "compress.compressed")
    checked(place.upload("other.aec", b"\x89PNG\r\n", "application/octet-stream").run())
    assert any("does not begin with AE C0" in each for each in errors(app))


def test_hostile_files_give_a_sentence_in_both_uploads(run, tmp_path):
    app = open_page("compress")
    corpus = make_corpus(tmp_path / "corpus")
    refused = [name for name, each in corpus.items() if not each.accepted and (tmp_path / "corpus" / name).is_file()]
    for name in [each for each in refused if (tmp_path / "corpus" / each).stat().st_size < 2**20][:12]:
        data = (tmp_path / "corpus" / name).read_bytes()
        uploaded(app, data, "bad.png")
        assert any(re.search(corpus[name].says, each) for each in errors(app)), (name, errors(app))
        (place,) = (each for each in app.file_uploader if each.key == "compress.compressed")
        checked(place.upload("bad.aec", data, "application/octet-stream").run())
        assert errors(app)[-1]


def test_the_curves_are_those_of_the_analysis(run):
    app = open_page("compress")
    (button,) = (each for each in app.button if each.key == "compress.curve")
    checked(button.click().run())
    found = compare_codecs(open_run(run))
    table = tables(app)[-1]
    assert table["Bytes", "mean of whole files"] == [f"{each:.1f}" for each in found.model.bytes]
    assert f"Without loss WebP takes {found.lossless_bytes:.0f} bytes" in sentences(app)

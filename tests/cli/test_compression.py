"""encode, decode and compression: pictures to files and back, hostile files, and the table."""

import re
import time

import numpy as np
import pytest
from PIL import Image

from aecore.cli import main
from aecore.compression.codec import codec_of
from aecore.compression.pictures import encode_picture
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.hostile import make_corpus

SMALL = ("network.width=6", "network.expansion=1", "bottleneck.code_size=9", "bottleneck.qualities=2")


@pytest.fixture(scope="session")
def _codec_run(_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("codec")
    words = ["--dataset", "colours", "--epochs", "1", "--runs", str(folder), "--name", "Small files"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_DATA", str(_data))
        assert main(["train", "compression", *words, *(word for each in SMALL for word in ("--set", each))]) == 0
    runs = Runs(folder)
    return runs.export_zip(runs.list()[0].id)


@pytest.fixture
def run(lab, _codec_run):
    return lab.runs.import_zip(_codec_run)


@pytest.fixture
def picture(lab):
    pixels = np.random.default_rng(3).integers(0, 256, (31, 40, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(lab.folder / "in.png")
    return "in.png"


def test_a_picture_goes_to_a_file_and_back(lab, run, picture):
    told = lab.json("encode", picture, "-o", "out.aec", "--with", run.id, "--quality", "1")
    assert told["bytes"] == (lab.folder / "out.aec").stat().st_size
    assert told["bits_per_pixel"] == pytest.approx(8 * told["bytes"] / (31 * 40))
    assert (told["height"], told["width"], told["quality"]) == (31, 40, 1)

    back = lab.json("decode", "out.aec", "-o", "back.png", "--with", run.id)
    assert (back["height"], back["width"], back["channels"]) == (31, 40, 3)
    codec = codec_of(open_run(run).composition.model)
    decoded = codec.decoder.decode((lab.folder / "out.aec").read_bytes())
    assert np.array_equal(np.asarray(Image.open("back.png")), decoded.transpose(1, 2, 0))


def test_the_shell_writes_the_bytes_of_the_one_function_that_the_page_calls_too(lab, run, picture):
    lab.json("encode", picture, "-o", "out.aec", "--with", run.id)
    encoder = codec_of(open_run(run).composition.model).encoder
    assert (
        encode_picture(encoder, picture, (lab.folder / picture).read_bytes()).file
        == (lab.folder / "out.aec").read_bytes()
    )


def test_exported_sides_do_what_the_run_does(lab, run, picture):
    for side in ("encoder", "decoder"):
        lab.json("export", run.id, "--what", f"codec-{side}", "-o", f"{side}.part")
    lab.json("encode", picture, "-o", "one.aec", "--with", "encoder.part")
    lab.json("encode", picture, "-o", "two.aec", "--with", run.id)
    assert (lab.folder / "one.aec").read_bytes() == (lab.folder / "two.aec").read_bytes()
    lab.json("decode", "one.aec", "-o", "back.png", "--with", "decoder.part")
    assert "the decoder is needed" in lab.refused("decode", "one.aec", "-o", "x.png", "--with", "encoder.part")


def test_a_damaged_file_is_refused_and_decoded_only_where_the_check_is_off(lab, run, picture):
    lab.json("encode", picture, "-o", "out.aec", "--with", run.id)
    data = bytearray((lab.folder / "out.aec").read_bytes())
    data[-3] ^= 4
    (lab.folder / "bad.aec").write_bytes(data)
    assert "checksum does not agree" in lab.refused("decode", "bad.aec", "-o", "x.png", "--with", run.id)
    assert not (lab.folder / "x.png").exists()
    lab("decode", "bad.aec", "-o", "x.png", "--with", run.id, "--no-check")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_every_hostile_file_is_encoded_or_refused_in_one_line_by_both_commands(lab, run, tmp_path, monkeypatch):
    encoder = codec_of(open_run(run).composition.model).encoder
    monkeypatch.setattr("aecore.cli.compression._encoder", lambda options: encoder)
    decoder = codec_of(open_run(run).composition.model).decoder
    monkeypatch.setattr("aecore.cli.compression._decoder", lambda options: decoder)
    for name, expected in make_corpus(tmp_path / "corpus").items():
        began = time.perf_counter()
        said = lab("encode", tmp_path / "corpus" / name, "-o", "out.aec", "--with", run.id)
        if expected.accepted and "limit of this codec" not in said.err:
            assert said.status == 0, (name, said.err)
        else:
            assert said.status == 1, name
            assert re.search(expected.says or "limit of this codec", said.err), (name, said.err)
        assert "error: " in lab.refused("decode", tmp_path / "corpus" / name, "-o", "x.png", "--with", run.id)
        assert time.perf_counter() - began < 10, name


@pytest.mark.parametrize("command", ["encode", "decode"])
def test_a_run_without_quantised_codes_and_one_that_is_not_there_are_refused(lab, trained, picture, command):
    assert "not quantised" in lab.refused(command, picture, "-o", "x", "--with", trained)
    assert "'nowhere'" in lab.refused(command, picture, "-o", "x", "--with", "nowhere")


def test_a_quality_that_is_not_there_is_refused(lab, run, picture):
    assert "The quality is 5" in lab.refused("encode", picture, "-o", "x", "--with", run.id, "--quality", "5")


def test_the_table_has_a_row_for_each_quality_with_the_usual_codecs_beside_it(lab, run):
    (found,) = lab.json("compression", run.id, "--images", "5")
    assert [row["quality"] for row in found["rows"]] == [1, 2]
    assert found["images"] == 5
    assert found["lossless_bytes"] > found["rows"][0]["bytes"]
    text = lab("compression", run.id, "--images", "5").out
    assert "Without loss WebP takes" in text
    assert "first 5 test images" in text

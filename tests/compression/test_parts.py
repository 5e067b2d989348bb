"""Two hosts: each has one file and an empty folder, and the picture travels as a compressed file alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load, save

from aecore.analysis.export import export
from aecore.compression.codec import codec_of
from aecore.compression.parts import DECODER, ENCODER, read_decoder, read_encoder, write_part
from aecore.errors import CodecError
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose
from tests.compression.made import COLOUR, GREY, model, picture, recipe

PROJECT = Path(__file__).resolve().parents[2]


def part(what: str, shape=GREY, seed: int = 0, **changes) -> bytes:
    return write_part(model(shape, seed, **changes), recipe(**changes).parts, 4, what)


def tied_parts():
    changes = {"bottleneck.kind": "quantised", "bottleneck.code_size": 9, "bottleneck.qualities": 2}
    return make_recipe("tied", DataChoice("made_up"), changes).parts


@pytest.mark.parametrize("shape", [GREY, COLOUR])
@pytest.mark.parametrize("parts", [recipe().parts, tied_parts()], ids=["mixer", "tied"])
def test_each_side_alone_does_what_both_do_together(shape, parts):
    made = compose(parts, shape, 0, 4).model.eval()
    both, shown = codec_of(made), picture((shape[0], 23, 19))

    encoder = read_encoder(write_part(made, parts, 4, ENCODER))
    decoder = read_decoder(write_part(made, parts, 4, DECODER))

    file = encoder.encode(shown)
    assert file == both.encoder.encode(shown)
    assert np.array_equal(decoder.decode(file), both.decoder.decode(file))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """A command in a folder of its own, with no other place to look."""
    empty = folder / "home"
    empty.mkdir(exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "HOME": str(empty), "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    variables |= {"AECORE_RUNS": str(folder / "no_runs"), "AECORE_DATA": str(folder / "no_data")}
    command = [sys.executable, "-m", "aecore", *words]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_one_host_encodes_and_another_decodes_and_only_the_file_goes_between(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "encoder.part").write_bytes(part(ENCODER))
    (there / "decoder.part").write_bytes(part(DECODER))
    shown = picture((1, 19, 30))
    Image.fromarray(shown[0]).save(here / "picture.png")

    sent = run(here, "encode", "picture.png", "-o", "sent.aec", "--with", "encoder.part")
    assert sent.returncode == 0, sent.stderr
    (there / "received.aec").write_bytes((here / "sent.aec").read_bytes())
    got = run(there, "decode", "received.aec", "-o", "picture.png", "--with", "decoder.part")

    assert got.returncode == 0, got.stderr
    both = codec_of(model())
    decoded = np.asarray(Image.open(there / "picture.png"))
    assert np.array_equal(decoded, both.decoder.decode(both.encoder.encode(shown))[0])
    assert sorted(each.name for each in there.iterdir()) == ["decoder.part", "home", "picture.png", "received.aec"]


def test_the_decoders_file_holds_nothing_of_the_encoder_and_the_other_way_round():
    assert not [name for name in load(part(DECODER)) if name.startswith("encoder.")]
    assert not [name for name in load(part(ENCODER)) if name.startswith("decoder.")]


def test_the_wrong_side_is_said():
    with pytest.raises(CodecError, match="holds the encoder, and the decoder is needed"):
        read_decoder(part(ENCODER))
    with pytest.raises(CodecError, match="holds the decoder, and the encoder is needed"):
        read_encoder(part(DECODER))


def tampered(change) -> bytes:
    whole = part(DECODER)
    tensors = load(whole)
    change(tensors)
    head = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    return save(tensors, metadata=head["__metadata__"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\xff" * 200,
        save({}),
        save({}, metadata={"latent_lab": DECODER}),
        save({}, metadata={"latent_lab": DECODER, "description": "[" * 100_000}),
        save({}, metadata={"latent_lab": DECODER, "description": '{"parts": 3, "image_shape": [1, 8, 8]}'}),
    ],
    ids=["empty", "a picture", "noise", "other tensors", "no description", "deep", "no parts"],
)
def test_a_foreign_file_is_no_codec(content):
    with pytest.raises(CodecError, match="no codec that was exported"):
        read_decoder(content)


@pytest.mark.parametrize("name", ["tables.first", "tables.frequencies", "bottleneck.means", "decoder.0.map.weight"])
def test_a_part_with_a_tensor_missing_or_of_another_shape_is_no_codec(name):
    for content in (
        tampered(lambda found: found.pop(name)),
        tampered(lambda found: found.update({name: found[name][:1]})),
    ):
        with pytest.raises(CodecError, match="no codec that was exported"):
            read_decoder(content)


def test_frequencies_that_do_not_add_up_are_no_codec():
    content = tampered(lambda found: found["tables.frequencies"].add_(1))
    with pytest.raises(CodecError, match="no codec that was exported"):
        read_decoder(content)


def test_a_run_without_quantised_codes_exports_no_side(open_simple):
    with pytest.raises(CodecError, match="not quantised"):
        export(open_simple, ENCODER)

"""Both sides together: what goes in comes out as the model makes it, at every size and quality, or with a sentence."""

import numpy as np
import pytest
import torch

from aecore.compression import container
from aecore.compression.codec import codec_of
from aecore.compression.container import HEADER_BYTES
from aecore.compression.pictures import flipped
from aecore.errors import CodecError, SettingError
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose
from tests.compression.made import COLOUR, GREY, codec, model, picture


@pytest.fixture(scope="module")
def grey():
    return codec(GREY)


@pytest.mark.parametrize("shape", [GREY, COLOUR])
@pytest.mark.parametrize("network", ["mixer", "dense", "tied", "conv"])
def test_a_file_decodes_to_what_the_model_makes_of_the_picture(shape, network):
    sizes = {"network.kind": network} | ({"network.channels": (4,)} if network == "conv" else {})
    sizes |= {"bottleneck.kind": "quantised", "bottleneck.code_size": 9}
    made = compose(make_recipe("simple", DataChoice("x"), sizes).parts, shape, 0, 4).model.eval()
    both, shown = codec_of(made), picture(shape)
    decoded = both.decoder.decode(both.encoder.encode(shown))
    with torch.inference_mode():
        expected = made.decode(made.encode(torch.from_numpy(shown[None]).float() / 255))[0] * 255
    assert np.abs(decoded - expected.numpy()).max() < 0.51


def test_the_whole_numbers_in_a_file_are_the_codes_of_encode():
    made = model(GREY)
    both, images = codec_of(made), picture((20, *GREY))
    with torch.inference_mode():
        codes = made.encode(torch.from_numpy(images).float() / 255)
    gains = made.bottleneck.log_gains[-1].exp()
    assert np.array_equal(both.encoder.bins(images, 1), (codes * gains).round().numpy())


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (5, 30), (30, 17)])
@pytest.mark.parametrize("quality", [0, 1])
def test_pictures_of_any_size_come_back_at_their_size(grey, size, quality):
    shown = picture((1, *size))
    file = grey.encoder.encode(shown, quality)
    decoded = grey.decoder.decode(file)
    assert decoded.shape == shown.shape
    assert decoded.dtype == np.uint8
    assert grey.encoder.encode(shown, quality) == file


def test_a_picture_of_the_models_size_costs_nine_bytes_of_header(grey):
    shown = picture(GREY)
    numbers = grey.encoder.bins(shown[None], 1)
    assert len(grey.encoder.encode(shown)) == HEADER_BYTES + len(grey.common.coder(1).write(numbers))


def test_many_images_at_once_make_the_same_files_and_pictures_as_one_by_one(grey):
    images = picture((6, *GREY))
    files = grey.encoder.files(images, 0)
    assert files == [grey.encoder.encode(each, 0) for each in images]
    assert np.array_equal(grey.decoder.decode_many(files), np.stack([grey.decoder.decode(each) for each in files]))


def test_the_finer_quality_takes_more_bytes(grey):
    images = picture((30, *GREY))
    coarse, fine = (sum(map(len, grey.encoder.files(images, quality))) for quality in (0, 1))
    assert fine > coarse


def test_the_decoder_of_another_model_is_named(grey):
    file = codec(GREY, seed=1).encoder.encode(picture(GREY))
    with pytest.raises(CodecError, match=f"needs the decoder {file[3:5].hex()}, and this is"):
        grey.decoder.decode(file)


def test_a_file_that_ends_early_is_refused_at_every_length(grey):
    file = grey.encoder.encode(picture((1, 20, 20)))
    for length in range(len(file)):
        with pytest.raises(CodecError):
            grey.decoder.decode(file[:length])


def test_without_the_check_every_bit_gives_a_picture_or_a_sentence_and_some_other_picture(grey):
    shown = picture((1, 9, 9))
    file = grey.encoder.encode(shown)
    whole, changed = grey.decoder.decode(file), 0
    for bit in range(8 * len(file)):
        damaged = flipped(file, bit)
        with pytest.raises(CodecError):
            grey.decoder.decode(damaged)
        try:
            changed += not np.array_equal(grey.decoder.decode(damaged, check=False), whole)
        except CodecError:
            continue
    assert changed > 8


def test_a_quality_that_is_not_there_is_refused_with_those_that_are(grey):
    with pytest.raises(SettingError, match=r"The quality is 3: .* 1, the smallest files, to 2"):
        grey.encoder.encode(picture(GREY), 2)
    with pytest.raises(CodecError, match="asks for quality 8"):
        grey.decoder.decode(container.write_container(7, grey.common.fingerprint, None, b""))


def test_a_picture_with_too_many_pixels_is_refused(grey, monkeypatch):
    monkeypatch.setattr(container, "MOST_PIXELS", 80)
    with pytest.raises(CodecError, match="limit of this codec is 80"):
        grey.encoder.encode(picture((1, 9, 9)))


def test_other_channels_are_refused(grey):
    with pytest.raises(SettingError, match="1 channels, not 3"):
        grey.encoder.encode(picture((3, 8, 8)))


def test_a_model_without_quantised_codes_has_no_codec():
    plain = compose(make_recipe("simple", DataChoice("x")).parts, GREY, 0, 4).model
    with pytest.raises(CodecError, match=r"train one with bottleneck\.kind=quantised"):
        codec_of(plain)

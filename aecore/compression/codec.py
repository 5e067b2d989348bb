"""The two sides of a codec: a picture becomes a file on one host and a picture again on another.

    encoder side   picture -> tiles -> encoder -> whole numbers of bins -> range coder -> file
    decoder side   file -> range coder -> whole numbers of bins -> code -> decoder -> tiles -> picture

Both hold the same tables and the fingerprint of the decoder, a SHA-256 of its weights, bins and tables. Networks run
in double precision: sums may be taken in any order, and a number lies in the same bin with any number of threads.

Source: Balle, Laparra, Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017. Tiles, file and fingerprint are
our own.
"""

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aecore.bottlenecks.quantised import Quantised
from aecore.compression.coding import Bins, Coder
from aecore.compression.container import check_size, read_container, verify, write_container
from aecore.compression.tables import Table, make_tables
from aecore.compression.tiles import grid, picture_of, tiles_of
from aecore.data.image_set import Pixels
from aecore.errors import CodecError, SettingError
from aecore.model import Autoencoder, Model
from aecore.shapes import ImageShape

NUMBERS_PER_PASS = 2**18  # input numbers: bounds the memory of a pass

Tables = tuple[tuple[Table, ...], ...]  # of each quality, for each number of the code


@dataclass(frozen=True, eq=False)
class Common:
    """What both sides hold."""

    image_shape: ImageShape
    bottleneck: Quantised
    tables: Tables
    fingerprint: bytes  # 32 bytes

    @property
    def qualities(self) -> int:
        """How many there are: 0 is the coarsest."""
        return len(self.tables)

    @property
    def tile(self) -> tuple[int, int]:
        """Height and width of the model's images."""
        return self.image_shape[1], self.image_shape[2]

    @cached_property
    def _coders(self) -> dict[int, Coder]:
        return {}

    def coder(self, quality: int) -> Coder:
        """The coder of one quality. SettingError for one that the model does not have."""
        if not 0 <= quality < self.qualities:
            raise SettingError(
                f"The quality is {quality + 1}: this model has the qualities 1, the smallest files, to "
                f"{self.qualities}, the best pictures."
            )
        if quality not in self._coders:
            self._coders[quality] = Coder(self.tables[quality])
        return self._coders[quality]


class PictureEncoder:
    """Writes pictures to files. `network` is the encoder of the model, images -> features."""

    def __init__(self, common: Common, network: nn.Module):
        self.common = common
        self._network = in_double(network)

    def encode(self, picture: Pixels, quality: int | None = None) -> bytes:
        """The file of a picture [channels, height, width], at the finest quality if none is given.

        CodecError for a picture with too many pixels, SettingError for other channels or no such quality.
        """
        channels, height, width = picture.shape
        if channels != self.common.image_shape[0]:
            raise SettingError(f"This codec takes pictures of {self.common.image_shape[0]} channels, not {channels}.")
        check_size((height, width))
        quality = self.common.qualities - 1 if quality is None else quality
        size = None if (height, width) == self.common.tile else (height, width)
        return self._file(self.bins(tiles_of(picture, self.common.tile), quality), quality, size)

    def files(self, images: Pixels, quality: int) -> list[bytes]:
        """A file for each of many images [n, *image_shape]: the same bytes as one by one, in less time."""
        return [self._file(each[None], quality, None) for each in self.bins(images, quality)]

    def bins(self, images: Pixels, quality: int) -> Bins:
        """The whole numbers that are written, [n, code]."""
        self.common.coder(quality)
        with torch.inference_mode():
            made = [self.common.bottleneck.bins(self._network(each / 255.0), quality) for each in _batches(images)]
        return torch.cat(made).numpy().astype(np.int64)

    def _file(self, bins: Bins, quality: int, size: tuple[int, int] | None) -> bytes:
        content = self.common.coder(quality).write(bins)
        return write_container(quality, self.common.fingerprint, size, content)


class PictureDecoder:
    """Reads pictures from files. `network` is the decoder of the model, codes -> logits."""

    def __init__(self, common: Common, network: nn.Module):
        self.common = common
        self._network = in_double(network)

    def decode(self, data: bytes, check: bool = True) -> Pixels:
        """The picture in a file, [channels, height, width].

        CodecError for a file that is foreign, damaged, cut short or made for another decoder. With `check` off the
        checksum is not looked at, and what a damaged file decodes to is shown.
        """
        quality, size, bins = self._read(data, check)
        return picture_of(self.images(bins, quality), size)

    def decode_many(self, files: Sequence[bytes]) -> Pixels:
        """Pictures as large as the model's images, all of one quality: [n, *image_shape]."""
        read = [self._read(each, True) for each in files]
        if any(size != self.common.tile for _, size, _ in read) or len({quality for quality, _, _ in read}) != 1:
            raise CodecError("These files hold pictures of other sizes or several qualities: decode them one by one.")
        return self.images(np.concatenate([bins for _, _, bins in read]), read[0][0])

    def images(self, bins: Bins, quality: int) -> Pixels:
        """The images of whole numbers [n, code]."""
        with torch.inference_mode():
            codes = (self.common.bottleneck.from_bins(each, quality) for each in _batches(bins))
            made = [torch.sigmoid(self._network(each)).mul(255.0).round().to(torch.uint8) for each in codes]
        return np.ascontiguousarray(torch.cat(made).numpy())

    def _read(self, data: bytes, check: bool) -> tuple[int, tuple[int, int], Bins]:
        held = read_container(data)
        fingerprint = self.common.fingerprint
        if held.decoder != fingerprint[:2]:
            raise CodecError(
                f"This file needs the decoder {held.decoder.hex()}, and this is {fingerprint[:2].hex()}: use the one "
                "that belongs to its encoder."
            )
        if check:
            verify(data, fingerprint)
        if held.quality >= self.common.qualities:
            raise CodecError(f"The file asks for quality {held.quality + 1}, and this decoder has none: it is damaged.")
        size = held.size or self.common.tile
        down, across = grid(size, self.common.tile)
        return held.quality, size, self.common.coder(held.quality).read(held.content, down * across)


@dataclass(frozen=True, eq=False)
class Codec:
    """Both sides together, as a run has them."""

    encoder: PictureEncoder
    decoder: PictureDecoder

    @property
    def common(self) -> Common:
        """What both hold."""
        return self.encoder.common


def codec_of(model: Model) -> Codec:
    """Both sides of a trained model. CodecError for one whose codes are not quantised."""
    common = common_of(model)
    assert isinstance(model, Autoencoder)
    return Codec(PictureEncoder(common, model.encoder), PictureDecoder(common, model.decoder))


def common_of(model: Model) -> Common:
    """What both sides of a model hold. CodecError for one whose codes are not quantised."""
    if not isinstance(model, Autoencoder) or not isinstance(model.bottleneck, Quantised):
        raise CodecError(
            "The codes of this model are not quantised, so they cannot be written to a file: train one with "
            "bottleneck.kind=quantised, such as the variant compression."
        )
    bottleneck = model.bottleneck
    tables = tuple(make_tables(bottleneck, quality) for quality in range(bottleneck.qualities))
    fingerprint = _fingerprint(model.image_shape, bottleneck, tables, tensors_of(model.decoder))
    return Common(model.image_shape, in_double(bottleneck), tables, fingerprint)


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name, also those that a state leaves to another module to keep."""
    return {name: each.detach() for name, each in (*module.named_parameters(), *module.named_buffers())}


def _fingerprint(shape: ImageShape, bottleneck: Quantised, tables: Tables, decoder: Mapping[str, Tensor]) -> bytes:
    made = hashlib.sha256(repr((tuple(shape), bottleneck.qualities, bottleneck.latent)).encode())
    for name, each in sorted({**decoder, "log_gains": bottleneck.log_gains.detach()}.items()):
        made.update(name.encode() + each.float().cpu().contiguous().numpy().astype("<f4").tobytes())
    for table in (each for quality in tables for each in quality):
        made.update(np.array([table.first, *table.frequencies], dtype="<i8").tobytes())
    return made.digest()


def in_double(module: Any) -> Any:
    """A copy of the module for evaluation, in double precision on the CPU."""
    return copy.deepcopy(module).cpu().double().eval().requires_grad_(False)


def _batches(numbers: Pixels | Bins) -> Iterator[Tensor]:
    """Consecutive batches in double precision."""
    size = max(1, NUMBERS_PER_PASS // int(np.prod(numbers.shape[1:])))
    for start in range(0, len(numbers), size):
        yield torch.from_numpy(np.array(numbers[start : start + size])).double()

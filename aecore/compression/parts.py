"""The two sides of a codec as files of their own: a host that has one needs no run and no other file.

    encoder.*, decoder.*     the weights of the one side, float32
    bottleneck.*             bins and densities
    tables.first             int32 [qualities, code]: the whole number of each table's first frequency
    tables.lengths           int32 [qualities, code]: how many frequencies each has
    tables.frequencies       int32, all tables one after the other

safetensors with its metadata: "latent_lab" says which side it is, "description" (JSON) which networks the weights
belong to, and the fingerprint of the decoder. Tables are taken as they are and never computed again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from aecore.bottlenecks.quantised import Quantised
from aecore.compression.codec import Common, PictureDecoder, PictureEncoder, Tables, common_of, in_double, tensors_of
from aecore.compression.tables import MOST_SYMBOLS, TOTAL, Table
from aecore.errors import CodecError, LabError
from aecore.model import Autoencoder, Model
from aecore.variants.compose import Parts, compose

ENCODER, DECODER = "codec-encoder", "codec-decoder"
MOST_BYTES = 2**28
NO_PART = "This is no codec that was exported from the lab: give a run, or a file that `export --what {}` wrote."


@dataclass(frozen=True)
class _Description:
    parts: Parts
    image_shape: tuple[int, int, int]
    classes: int
    fingerprint: bytes


def write_part(model: Model, parts: Parts, classes: int, what: str) -> bytes:
    """The content of a file with one side of the codec: ENCODER or DECODER. CodecError without quantised codes."""
    common = common_of(model)
    assert isinstance(model, Autoencoder)
    side, module = ("encoder", model.encoder) if what == ENCODER else ("decoder", model.decoder)
    tensors = {f"{side}.{name}": each for name, each in tensors_of(module).items()}
    tensors |= {f"bottleneck.{name}": each for name, each in tensors_of(common.bottleneck).items()}
    tensors = {name: each.float().cpu().contiguous().clone() for name, each in tensors.items()}
    description = {
        "parts": parts.to_dict(),
        "image_shape": list(common.image_shape),
        "classes": classes,
        "fingerprint": common.fingerprint.hex(),
    }
    metadata = {"latent_lab": what, "description": json.dumps(description)}
    content: bytes = save(tensors | _packed(common.tables), metadata=metadata)
    return content


def read_encoder(content: bytes) -> PictureEncoder:
    """The encoder's side from the content of its file. CodecError for anything else."""
    model, common = _read(content, ENCODER)
    return PictureEncoder(common, model.encoder)


def read_decoder(content: bytes) -> PictureDecoder:
    """The decoder's side from the content of its file. CodecError for anything else."""
    model, common = _read(content, DECODER)
    return PictureDecoder(common, model.decoder)


def read_part_file(path: Path) -> bytes:
    """The bytes of an exported part. CodecError for one that is missing or too large."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CodecError(f"{path} has more than {MOST_BYTES / 2**20:.0f} MiB: that is no exported codec.")
        return path.read_bytes()
    except OSError as error:
        raise CodecError(f"{path} cannot be read ({error.strerror}): check that it exists and may be read.") from None


def _read(content: bytes, what: str) -> tuple[Autoencoder, Common]:
    try:
        metadata = _metadata(content)
        if metadata.get("latent_lab") != what:
            raise CodecError(_wrong(metadata.get("latent_lab"), what))
        known = _description(json.loads(metadata["description"]))
        tensors = load(content)
        model = compose(known.parts, known.image_shape, 0, known.classes).model.eval()
        if not isinstance(model, Autoencoder) or not isinstance(model.bottleneck, Quantised):
            raise CodecError(NO_PART.format(what))
        side = what.removeprefix("codec-")
        _fill(getattr(model, side), tensors, f"{side}.")
        _fill(model.bottleneck, tensors, "bottleneck.")
        tables = _unpacked(tensors, model.bottleneck)
    except CodecError:
        raise
    except (SafetensorError, LabError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CodecError(NO_PART.format(what)) from error
    return model, Common(known.image_shape, in_double(model.bottleneck), tables, known.fingerprint)


def _metadata(content: bytes) -> Mapping[str, Any]:
    """What safetensors keeps at its head: eight bytes of length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    if not 0 < length <= len(content) - 8:
        raise ValueError("no safetensors")
    metadata: Mapping[str, Any] = json.loads(content[8 : 8 + length])["__metadata__"]
    return metadata


def _wrong(found: object, what: str) -> str:
    if found in (ENCODER, DECODER):
        return (
            f"This file holds the {str(found).removeprefix('codec-')}, and the {what.removeprefix('codec-')} is needed."
        )
    return NO_PART.format(what)


def _description(values: Mapping[str, Any]) -> _Description:
    channels, height, width = (int(each) for each in values["image_shape"])
    if channels not in (1, 3) or not (0 < height <= 4096 and 0 < width <= 4096):
        raise ValueError("no image shape")
    fingerprint = bytes.fromhex(values["fingerprint"])
    if len(fingerprint) != 32:
        raise ValueError("no fingerprint")
    return _Description(
        Parts.from_dict(values["parts"]), (channels, height, width), int(values["classes"]), fingerprint
    )


def _fill(module: torch.nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Weights into their places, all of them and no others. ValueError where they do not fit."""
    places = tensors_of(module)
    given = {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}
    if places.keys() != given.keys() or any(places[name].shape != each.shape for name, each in given.items()):
        raise ValueError("weights that do not fit")
    for name, place in places.items():
        place.copy_(given[name])


def _packed(tables: Tables) -> dict[str, Tensor]:
    first = [[table.first for table in quality] for quality in tables]
    lengths = [[len(table.frequencies) for table in quality] for quality in tables]
    frequencies = np.concatenate([table.frequencies for quality in tables for table in quality])
    packed = {"first": first, "lengths": lengths, "frequencies": frequencies}
    return {f"tables.{name}": torch.tensor(np.array(each), dtype=torch.int32) for name, each in packed.items()}


def _unpacked(tensors: Mapping[str, Tensor], bottleneck: Quantised) -> Tables:
    first, lengths = (tensors[f"tables.{name}"].numpy().astype(np.int64) for name in ("first", "lengths"))
    frequencies = tensors["tables.frequencies"].numpy().astype(np.int64)
    shape = (bottleneck.qualities, bottleneck.latent)
    if first.shape != shape or lengths.shape != shape or lengths.sum() != len(frequencies):
        raise ValueError("tables that do not fit")
    if lengths.min() < 2 or lengths.max() > MOST_SYMBOLS + 1 or frequencies.min() < 1:
        raise ValueError("tables that do not fit")
    ends = np.cumsum(lengths).reshape(shape)
    made = tuple(
        tuple(
            Table(int(first[quality, index]), frequencies[end - lengths[quality, index] : end])
            for index, end in enumerate(ends[quality])
        )
        for quality in range(shape[0])
    )
    if any(table.frequencies.sum() != TOTAL for quality in made for table in quality):
        raise ValueError("tables that do not add up")
    return made

"""Checkpoints: one safetensors file that holds everything needed to go on exactly where training was.

    model.<name>                  weights and buffers
    optimiser.<group>.<n>.<name>  state of the n-th parameter of a group
    stream.<name>                 state of a random stream
    total.<name>                  sums over the part of the epoch that is already done
    header: format, position (epoch, step, step_in_epoch, seconds), digest (SHA-256 over position and all tensors)

One file, so that it can be replaced in one step: weights and optimiser never disagree. Weights alone, as shipped, are
a checkpoint that holds no more than model.*, rounded to a byte a number (`aecore.training.compact`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from aecore.errors import RunError
from aecore.training.compact import compact, expanded
from aecore.training.packing import packed, unpacked

FORMAT = "1"


@dataclass(frozen=True)
class Position:
    """How far training has come."""

    epoch: int = 0  # epochs done
    step: int = 0  # optimiser steps done
    step_in_epoch: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """Position and tensors."""

    position: Position
    tensors: Mapping[str, Tensor]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors below `prefix`, under the rest of their names."""
        return {name[len(prefix) + 1 :]: each for name, each in self.tensors.items() if name.startswith(f"{prefix}.")}

    @property
    def resumable(self) -> bool:
        """False for weights alone, unless no step was taken yet: then there is no more to know."""
        return self.position.step == 0 or any(name.startswith("optimiser.") for name in self.tensors)

    def to_bytes(self) -> bytes:
        """The file's content."""
        return self._written(self.tensors)

    def to_few_bytes(self, rounded: bool = True) -> bytes:
        """The content of a file of the model alone, in as few bytes as it can be used with; read like any other.

        A byte a number if `rounded`, otherwise two.
        """
        return packed(self._written(compact(self.tensors, rounded)))

    def _written(self, named: Mapping[str, Tensor]) -> bytes:
        tensors = {name: each.detach().cpu().contiguous() for name, each in named.items()}
        position = json.dumps(vars(self.position))
        header = {"format": FORMAT, "position": position, "digest": digest(position, tensors.items())}
        content: bytes = save(tensors, metadata=header)
        return content


def read_checkpoint(path: Path, prefix: str = "") -> Checkpoint:
    """The checkpoint in `path`, only the tensors whose names start with `prefix`.

    RunError when the file is missing, cut off, or its bytes are not those that were written. The digest covers all
    tensors, so it is checked only when all are read.
    """
    try:
        header, tensors = _read(path, prefix)
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing: the run has kept no weights yet.") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"{path.name} is damaged and cannot be read ({error}).") from None
    if header.get("format") != FORMAT or "position" not in header:
        raise RunError(f"{path.name} is no checkpoint of this version of the lab.")
    if not prefix and digest(header["position"], tensors.items()) != header.get("digest"):
        raise RunError(f"{path.name} is damaged: its content does not match its own checksum.")
    try:
        position = Position(**json.loads(header["position"]))
    except (ValueError, TypeError):
        raise RunError(f"{path.name} is damaged: it does not say how far training had come.") from None
    try:
        return Checkpoint(position, expanded(tensors))
    except (KeyError, ValueError, RuntimeError) as error:
        raise RunError(f"{path.name} is damaged: its weights do not belong together ({error}).") from None


def _read(path: Path, prefix: str) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    """What the file says of itself, and its tensors."""
    content = unpacked(path)
    if content is None:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    tensors = {name: each for name, each in load(content).items() if name.startswith(prefix)}
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header.get("__metadata__", {}), tensors


def digest(position: str, tensors: Iterable[tuple[str, Tensor]]) -> str:
    """SHA-256 over the position as written and the sorted names, kinds, shapes and bytes of tensors."""
    whole = hashlib.sha256(position.encode())
    for name, each in sorted(tensors, key=lambda pair: pair[0]):
        whole.update(f"{name} {each.dtype} {list(each.shape)}".encode())
        whole.update(each.contiguous().view(-1).view(torch.uint8).numpy().tobytes() if each.numel() else b"")
    return whole.hexdigest()

"""Devices, and the number format each is fast in.

float32     24 bits of a number count
tf32        11 of them in matrix products and convolutions, all elsewhere: the tensor cores of NVIDIA's cards
bfloat16    8 in what autocast holds to be harmless; weights, sums and losses stay float32
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from aecore.errors import SettingError

FAST_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True)
class Device:
    """A place where training can happen: torch's name, what a person calls it, and which formats are fast there."""

    key: str
    title: str
    bfloat16: bool
    memory_bytes: int | None = None
    tf32: bool = False


def devices() -> tuple[Device, ...]:
    """All devices of this machine, the best first."""
    found = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        known = torch.cuda.get_device_properties(index)
        new = torch.version.hip is not None or known.major >= 8  # older ones of NVIDIA only emulate bfloat16
        found.append(Device(f"cuda:{index}", known.name, new, known.total_memory, new and torch.version.hip is None))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", False))
    return (*found, Device("cpu", _cpu_title(), _cpu_is_fast_in_bfloat16()))


def find_device(key: str = "auto") -> Device:
    """The device called `key` ("auto" the best, "cuda" the first GPU); SettingError when it is not there."""
    known = devices()
    if key == "auto":
        return known[0]
    for device in known:
        if device.key == key or device.key.split(":")[0] == key:
            return device
    raise SettingError(f"There is no device {key!r} here: choose auto or one of {', '.join(d.key for d in known)}.")


def resolve_precision(chosen: str, device: Device) -> str:
    """ "float32", "tf32" or "bfloat16" for a choice that may be "auto". Where there is no tf32 it is float32.

    Where both are fast auto takes tf32, which is as fast for networks of the size they have here and more exact.
    """
    if chosen == "auto":
        return "tf32" if device.tf32 else "bfloat16" if device.bfloat16 else "float32"
    return "float32" if chosen == "tf32" and not device.tf32 else chosen


def autocast(device: Device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs in `precision`; weights stay float32."""
    kind = device.key.split(":")[0]
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=precision == "bfloat16")


@contextmanager
def products(device: Device, precision: str) -> Iterator[None]:
    """Matrix products and convolutions of float32 numbers, forward and backward, are as exact as `precision` says."""
    if not device.tf32:
        yield
        return
    places = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)  # type: ignore[attr-defined]
    before = [each.fp32_precision for each in places]
    try:
        for each in places:
            each.fp32_precision = "tf32" if precision == "tf32" else "ieee"
        yield
    finally:
        for each, kept in zip(places, before, strict=True):
            each.fp32_precision = kept


def widest(device: Device) -> torch.dtype:
    """The most exact number format that the device knows: Apple's GPUs have no double precision."""
    return torch.float32 if device.key == "mps" else torch.float64


def _cpu_flags() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _cpu_is_fast_in_bfloat16() -> bool:
    return bool(FAST_BFLOAT16 & set(_cpu_flags().get("flags", "").split()))


def _cpu_title() -> str:
    name = _cpu_flags().get("model name", "")
    threads = torch.get_num_threads()
    return f"CPU, {name + ', ' if name else ''}{threads} thread{'s' if threads > 1 else ''}"

"""Devices, and the number format each is fast in."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch

from aecore.errors import SettingError

FAST_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True)
class Device:
    """A place where training can happen: torch's name, what a person calls it, and whether bfloat16 is fast there."""

    key: str
    title: str
    bfloat16: bool
    memory_bytes: int | None = None


def devices() -> tuple[Device, ...]:
    """All devices of this machine, the best first."""
    found = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        known = torch.cuda.get_device_properties(index)
        found.append(Device(f"cuda:{index}", known.name, _gpu_is_fast_in_bfloat16(known.major), known.total_memory))
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
    """ "float32" or "bfloat16" for a choice that may be "auto"."""
    if chosen != "auto":
        return chosen
    return "bfloat16" if device.bfloat16 else "float32"


def autocast(device: Device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs in `precision`; weights stay float32."""
    kind = device.key.split(":")[0]
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def _gpu_is_fast_in_bfloat16(major: int) -> bool:
    """NVIDIA's cards from compute capability 8 on; older ones only emulate it. AMD's, as far as ROCm supports them."""
    return torch.version.hip is not None or major >= 8


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

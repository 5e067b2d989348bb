"""The checked cache: unpacked once, noticed when damaged, safe for many, optional where it cannot be written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aecore.data.cache import Expected, fetch, sha256
from aecore.errors import DataError

PIXELS = np.arange(2000, dtype=np.uint8).reshape(20, 1, 10, 10)
COUNTS = np.arange(20, dtype="<i8")
EXPECTED = tuple(
    Expected(name, array.dtype.str.lstrip("|"), array.shape, sha256(array))
    for name, array in (("pixels", PIXELS), ("counts", COUNTS))
)


class Source:
    """Gives the arrays and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return {"pixels": PIXELS.copy(), "counts": COUNTS.copy()}


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "cache"


def assert_right(arrays):
    np.testing.assert_array_equal(arrays["pixels"], PIXELS)
    np.testing.assert_array_equal(arrays["counts"], COUNTS)


def test_the_first_fetch_unpacks_and_later_ones_map_what_was_written(folder, source):
    first, second = fetch(folder, EXPECTED, source), fetch(folder, EXPECTED, source)
    assert_right(first)
    assert_right(second)
    assert source.asked == 1
    assert isinstance(second["pixels"], np.memmap)


def test_the_arrays_cannot_be_changed(folder, source):
    with pytest.raises(ValueError, match="read-only"):
        fetch(folder, EXPECTED, source)["pixels"][0] = 1


def flip_last_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_shape(path):
    np.save(path, PIXELS.reshape(10, 2, 10, 10))


def other_type(path):
    np.save(path, PIXELS.view(np.int8))


@pytest.mark.parametrize(
    "damage",
    [
        flip_last_byte,
        cut_in_half,
        other_shape,
        other_type,
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * path.stat().st_size),
    ],
    ids=["flipped bit", "truncated", "other shape", "other type", "missing", "empty", "zeros"],
)
def test_a_damaged_file_is_noticed_and_made_again(folder, source, damage):
    fetch(folder, EXPECTED, source)
    # Another file in its place, as another process would leave it: what is mapped from the old one must not move.
    path = folder / "pixels.npy"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole)
    damage(path)
    assert_right(fetch(folder, EXPECTED, source))
    assert source.asked == 2
    assert_right(fetch(folder, EXPECTED, source))
    assert source.asked == 2


def test_what_a_killed_process_left_half_written_is_not_used(folder, source):
    folder.mkdir(parents=True)
    (folder / "pixels.part").write_bytes(b"half")
    assert_right(fetch(folder, EXPECTED, source))
    assert sorted(path.name for path in folder.iterdir()) == ["counts.npy", "lock", "pixels.npy"]


def test_arrays_that_are_not_the_expected_ones_are_never_kept(folder):
    def wrong():
        return {"pixels": PIXELS + 1, "counts": COUNTS}

    with pytest.raises(DataError, match=r"pixels is not what it should be \(wrong SHA-256\)"):
        fetch(folder, EXPECTED, wrong)
    assert not (folder / "pixels.npy").exists()


def test_without_a_folder_to_write_in_the_arrays_stay_in_memory_and_are_unpacked_once(tmp_path, source, caplog):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    for _ in range(2):
        arrays = fetch(in_the_way / "cache", EXPECTED, source)
        assert_right(arrays)
        assert not arrays["pixels"].flags.writeable
    assert source.asked == 1
    assert "cannot be used as a cache" in caplog.text


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from aecore.data.cache import Expected, fetch, sha256
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
zeros = np.zeros(100_000, np.uint8)
folder = Path(sys.argv[1])
arrays = fetch(folder, [Expected("zeros", "uint8", zeros.shape, sha256(zeros))], lambda: {"zeros": zeros})
assert arrays["zeros"].sum() == 0
assert [path.name for path in folder.iterdir()] == ["lock"], "half a file is left"
"""


def test_on_a_full_disk_the_arrays_stay_in_memory_and_nothing_half_written_is_left(folder):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, folder], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the data stay in memory" in done.stderr


TWO_AT_ONCE = """
import sys
from pathlib import Path
import numpy as np
from aecore.data.cache import Expected, fetch, sha256
folder, ones = Path(sys.argv[1]), np.ones(3_000_000, np.uint8)
def unpack():
    with (folder / "asked").open("a") as file:
        file.write("x")
    return {"ones": ones}
sys.stdin.readline()  # all begin together
arrays = fetch(folder, [Expected("ones", "uint8", ones.shape, sha256(ones))], unpack)
assert arrays["ones"].all()
"""


def test_of_processes_that_need_the_cache_at_once_one_unpacks_and_the_others_wait(folder):
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", TWO_AT_ONCE, folder]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (folder / "asked").read_text() == "x"

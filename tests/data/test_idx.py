"""IDX files: what is read, and what is refused with a reason."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.data.idx import idx_header, read_idx, read_idx_folder
from aecore.errors import DataError

IMAGES = np.arange(3 * 2 * 4, dtype=np.uint8).reshape(3, 2, 4)
LABELS = np.array([0, 2, 1], dtype=np.uint8)


def idx(array):
    return idx_header(array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES[:2])))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS[:2])))
    return tmp_path


def test_reads_the_bytes_written_by_hand(tmp_path):
    path = tmp_path / "two-by-one"
    path.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9]))
    assert read_idx(path).tolist() == [[7], [9]]


@pytest.mark.parametrize("wrap", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_reads_plain_and_gzipped_alike_whatever_the_name(tmp_path, wrap):
    path = tmp_path / "no-ending"
    path.write_bytes(wrap(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(path), IMAGES)


def test_big_endian_numbers_come_out_as_this_machine_has_them(tmp_path):
    path = tmp_path / "ints"
    path.write_bytes(bytes([0, 0, 0x0C, 1, 0, 0, 0, 2]) + (1).to_bytes(4, "big") + (70_000).to_bytes(4, "big"))
    assert read_idx(path).tolist() == [1, 70_000]
    assert read_idx(path).dtype.isnative


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no IDX file: it begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "no IDX file: it begins with 89 50 4e 47"),
        (bytes([0, 0, 0x0A, 1]), "no IDX file"),  # a type that does not exist
        (bytes([0, 0, 8, 0]), "no IDX file"),  # no dimension
        (bytes([0, 0, 8, 2, 0, 0, 0, 1]), "ends within its header"),
        (idx(IMAGES)[:-1], "truncated"),
        (idx(IMAGES) + b"\0", "goes on after the 24 bytes"),
        (gzip.compress(idx(IMAGES)[:-1]), "truncated: 23 of 24 bytes"),
        (gzip.compress(idx(IMAGES) + b"\0"), "goes on after the 24 bytes"),
        (gzip.compress(idx(IMAGES))[:-9], "damaged gzip file"),
        (gzip.compress(idx(IMAGES))[:-4] + b"\0\0\0\0", "damaged gzip file"),
        (idx_header((2**31, 2**31, 2**31)), "announces 9,903,520,314,283,042,199,192,993,792 bytes"),
        (idx_header((60_000, 28, 28)), "truncated: its header announces 47,040,000 bytes"),
        (gzip.compress(idx_header((60_000, 28, 28))), "truncated: its header announces 47,040,000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_faulty_file_is_refused_with_its_name_and_the_reason(tmp_path, content, reason):
    path = tmp_path / "faulty-file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        read_idx(path)
    assert "faulty-file" in str(caught.value)


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(gzip.compress(idx(np.zeros((1000, 1000), np.uint8))))
    with pytest.raises(DataError, match="announces 1,000,000 bytes; at most 999,999 are read"):
        read_idx(path, limit_bytes=999_999)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing-here cannot be read: No such file"):
        read_idx(tmp_path / "nothing-here")


@given(st.binary(max_size=40))
def test_no_content_raises_anything_but_a_data_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    for start in (b"", b"\0\0\x08\x01", b"\x1f\x8b\x08\0"):
        path.write_bytes(start + content)
        try:
            read_idx(path)
        except DataError:
            continue


def test_a_folder_of_four_files_opens_as_two_image_sets(folder):
    train, test = read_idx_folder(folder)
    np.testing.assert_array_equal(train.images, IMAGES[:, None])
    assert train.labels.tolist() == [0, 2, 1]
    assert train.class_names == ("0", "1", "2")
    assert (len(test), test.shape) == (2, (1, 2, 4))


def test_colour_images_have_an_axis_for_their_channels(folder):
    colour = np.zeros((3, 3, 2, 4), np.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(colour))
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx(colour[:2]))
    assert read_idx_folder(folder).train.shape == (3, 2, 4)


def test_a_file_and_its_gzipped_twin_are_one(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES)))
    assert len(read_idx_folder(folder).train) == 3


def test_the_name_may_carry_a_prefix_as_in_emnist(folder):
    for path in list(folder.iterdir()):
        path.rename(folder / f"emnist-letters-{path.name.replace('t10k', 'test')}")
    assert len(read_idx_folder(folder).test) == 2


def test_a_missing_file_is_asked_for_by_name(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="holds no test labels: a file named like t10k-labels-idx1-ubyte"):
        read_idx_folder(folder)


def test_two_candidates_are_not_guessed_between(folder):
    (folder / "other-train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    with pytest.raises(DataError, match="several files of train images"):
        read_idx_folder(folder)


@pytest.mark.parametrize(
    ("file", "array", "reason"),
    [
        ("train-images-idx3-ubyte", LABELS, "images are unsigned bytes"),
        ("train-images-idx3-ubyte", np.zeros((3, 4, 2), np.uint8), "training images are 1 x 4 x 2 but test images"),
        ("train-labels-idx1-ubyte", IMAGES, "labels are one whole number per image"),
        ("train-labels-idx1-ubyte", LABELS[:2], "3 images but labels of shape"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(folder, file, array, reason):
    (folder / file).write_bytes(idx(array))
    with pytest.raises(DataError, match=reason):
        read_idx_folder(folder)


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="is no folder"):
        read_idx_folder(tmp_path / "nowhere")

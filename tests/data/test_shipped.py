"""What ships: whole, as published, split for ever, and refused when damaged."""

import hashlib
import json
import lzma
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest

from aecore.data.idx import idx_header
from aecore.data.image_set import ImageSet
from aecore.data.pack import PUBLISHED, make
from aecore.data.packed import Manifest, unpack
from aecore.data.shipped import FOLDER, SHIPPED, describe, load_packed, load_shipped, pack, shipped_datasets
from aecore.errors import DataError


def drawn(count, shape, seed):
    """Made-up labelled images of any shape, in which columns repeat more than rows."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    columns = rng.integers(0, 256, (count, channels, height, 1), dtype=np.uint8)
    images = np.repeat(columns, width, axis=3)
    return ImageSet(images, rng.integers(0, 3, count), ("a", "b", "c"), "Made up", "a test", "none")


@pytest.fixture(params=[(1, 16, 12), (3, 12, 16)], ids=["grey", "colour"])
def packed(tmp_path, request):
    """A packed data set and the images it was made of."""
    train, test = drawn(40, request.param, 0), drawn(10, request.param, 1)
    pack(tmp_path / "packed", train, test, validation=8, attribution="nobody")
    return tmp_path / "packed", train, test


def test_what_is_packed_comes_back_without_loss(packed, tmp_path):
    folder, train, test = packed
    splits = load_packed("made_up", folder, tmp_path / "cache")
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [32, 8, 10]
    np.testing.assert_array_equal(splits.test.images, test.images)
    np.testing.assert_array_equal(splits.test.labels, test.labels)
    back = np.concatenate([splits.train.images, splits.validation.images])
    assert sorted(checksums(back)) == sorted(checksums(train.images))
    assert (splits.train.title, splits.train.licence, splits.train.class_names) == ("Made up", "none", ("a", "b", "c"))


def test_the_layout_is_the_one_that_packs_smaller(packed, tmp_path):
    folder, train, test = packed
    turned = [replace(each, images=np.ascontiguousarray(each.images.swapaxes(2, 3))) for each in (train, test)]
    assert Manifest.read(folder).layout == "rows"
    assert pack(tmp_path / "turned", *turned, validation=8).layout == "columns"
    images, _ = unpack(tmp_path / "turned", Manifest.read(tmp_path / "turned"))["train"]
    np.testing.assert_array_equal(images, turned[0].images)


def test_a_manifest_alone_describes_a_data_set(packed):
    folder, train, _ = packed
    info = describe("made_up", folder)
    assert (info.key, info.title, info.shape, info.kind) == ("made_up", "Made up", train.shape, "shipped")
    assert (info.train, info.validation, info.test, info.count) == (32, 8, 10, 50)
    assert info.bytes_on_disk == sum(path.stat().st_size for path in folder.iterdir())


def truncated(path):
    path.write_bytes(path.read_bytes()[:-20])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def one_pixel_changed(path):
    pixels = bytearray(lzma.decompress(path.read_bytes()))
    pixels[0] ^= 1
    path.write_bytes(lzma.compress(pixels))


def half_an_image(path):
    path.write_bytes(lzma.compress(b"\0" * 30))


def a_bomb(path):
    path.write_bytes(lzma.compress(b"\0" * 20_000_000, preset=0))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncated, "is truncated"),
        (flipped, "cannot be unpacked"),
        (one_pixel_changed, "wrong SHA-256"),
        (half_an_image, "does not hold whole images"),
        (a_bomb, "holds more than it should"),
        (type(FOLDER).unlink, "cannot be unpacked"),
    ],
)
def test_a_damaged_block_is_refused_and_nothing_is_cached(packed, tmp_path, damage, reason):
    folder, _, _ = packed
    damage(folder / "train-images-1.xz")
    with pytest.raises(DataError, match=f"{reason}.*restore the folder assets/datasets"):
        load_packed("made_up", folder, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))


def test_labels_of_another_number_are_refused(packed, tmp_path):
    folder, _, _ = packed
    (folder / "train-labels.xz").write_bytes(lzma.compress(b"\0" * 39))
    with pytest.raises(DataError, match=r"train labels .*wrong SHA-256"):
        load_packed("made_up", folder, tmp_path / "cache")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-30],
        lambda text: "[]",
        lambda text: text.replace('"title"', '"heading"'),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"rows"', '"diagonals"'),
        lambda text: text.replace('"validation"', '"holdout"'),
        lambda text: json.dumps({**json.loads(text), "colour": "red"}),
    ],
    ids=["truncated", "a list", "renamed key", "later format", "unknown layout", "missing part", "unknown key"],
)
def test_a_manifest_that_is_not_understood_is_refused(packed, change):
    folder, _, _ = packed
    path = folder / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=r"manifest\.json cannot be used"):
        describe("made_up", folder)


def test_images_without_labels_cannot_be_packed(tmp_path):
    bare = replace(drawn(40, (1, 5, 4), 0), labels=None)
    with pytest.raises(DataError, match="needs labels"):
        pack(tmp_path, bare, bare, validation=8)


@pytest.fixture(scope="module")
def originals():
    """What the shipped files hold, unpacked once for all tests."""
    return {name: unpack(FOLDER / name, Manifest.read(FOLDER / name)) for name in SHIPPED}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_the_published_ones_in_full(name, originals):
    published = PUBLISHED[name]
    for part, count in (("train", 60_000), ("test", 10_000)):
        images, labels = originals[name][part]
        assert images.shape == (count, 1, 28, 28)
        of_images = hashlib.sha256(idx_header((count, 28, 28)) + images.tobytes()).hexdigest()
        of_labels = hashlib.sha256(idx_header((count,)) + labels.tobytes()).hexdigest()
        assert of_images == getattr(published, f"{part}_images_sha256")
        assert of_labels == getattr(published, f"{part}_labels_sha256")


def test_fashion_mnist_begins_as_its_authors_show_it(originals):
    _, labels = originals["fashion_mnist"]["train"]
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert shipped_datasets()[1].class_names[9] == "Ankle boot"


def checksums(images):
    return [zlib.crc32(image) for image in images]


@pytest.mark.parametrize(
    ("name", "fingerprint"),
    [
        ("mnist", "14cc2b03867050dc785c28aa9848b5182fde964104690fa5e5a18da5805abe9d"),
        ("fashion_mnist", "dcc2526e87d965d517fdecac2101d7a8af97529b0d573adfb4a654fa7a041e22"),
    ],
)
def test_the_split_never_moves_and_never_mixes(name, fingerprint, originals):
    splits = load_shipped(name)
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [55_000, 5_000, 10_000]
    assert splits.fingerprint == fingerprint
    parts = sorted(checksums(splits.train.images) + checksums(splits.validation.images))
    assert parts == sorted(checksums(originals[name]["train"][0]))
    np.testing.assert_array_equal(splits.test.images, originals[name]["test"][0])
    assert np.bincount(splits.validation.labels, minlength=10).min() > 400


@pytest.mark.parametrize("name", SHIPPED)
def test_licence_and_attribution_lie_beside_the_data(name):
    manifest, text = Manifest.read(FOLDER / name), (FOLDER / name / "LICENSE.txt").read_text(encoding="utf-8")
    assert manifest.licence in text or "The MIT License (MIT)" in text
    assert all(
        word in text for word in {"mnist": ("LeCun", "Cortes", "Burges"), "fashion_mnist": ("Zalando SE",)}[name]
    )


def test_all_shipped_data_together_stay_within_37_million_bytes():
    assert sum(info.bytes_on_disk for info in shipped_datasets()) < 37_000_000


def test_files_that_are_not_the_published_ones_are_not_packed(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name, array in (("images", np.zeros((3, 28, 28), np.uint8)), ("labels", np.zeros(3, np.uint8))):
        for part in ("train", "t10k"):
            (source / f"{part}-{name}-ubyte").write_bytes(idx_header(array.shape) + array.tobytes())
    with pytest.raises(DataError, match=r"are not the published ones \(wrong SHA-256\)"):
        make("mnist", source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_the_command_that_packs_says_in_one_line_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "aecore.data.pack", "mnist", tmp_path / "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "is no folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_another_data_set_under_the_same_name_replaces_the_cache(packed, tmp_path):
    folder, train, _ = packed
    load_packed("made_up", folder, tmp_path / "cache")
    shutil.rmtree(folder)
    pack(folder, drawn(40, train.shape, 2), drawn(10, train.shape, 3), validation=8)
    splits = load_packed("made_up", folder, tmp_path / "cache")
    np.testing.assert_array_equal(splits.test.images, drawn(10, train.shape, 3).images)

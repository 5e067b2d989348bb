"""The page about compression and the format of the file say the same."""

import re
from pathlib import Path

from aecore.compression import container
from aecore.compression.container import (
    HEADER_BYTES,
    MAGIC,
    MOST_DIGITS,
    MOST_PIXELS,
    VERSION,
    part_at,
    write_container,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "compression.md").read_text(encoding="utf-8")


def documented() -> list[tuple[str, str, str]]:
    """Length, place and meaning of each part of the file by the page."""
    return re.findall(r"^\| (\d[^|]*|rest) \| ([^|]+) \| (.+) \|$", PAGE, flags=re.MULTILINE)


def test_the_lengths_on_the_page_add_up_to_the_header_and_each_part_begins_where_the_last_one_ended():
    fixed = [(int(length), int(place)) for length, place, _ in documented()[:4]]
    ends = [place + length for length, place in fixed]
    assert ends == [*(place for _, place in fixed[1:]), HEADER_BYTES]


def test_every_part_on_the_page_is_where_the_code_finds_it():
    file = write_container(2, bytes(range(32)), (300, 28), b"coded")
    names = ("known by", "version and quality", "fingerprint", "checksum")
    for (length, place, _), name in zip(documented()[:4], names, strict=True):
        for each in range(int(place), int(place) + int(length)):
            assert name in part_at(file, each)
    assert "size" in part_at(file, HEADER_BYTES)
    assert "coded" in part_at(file, HEADER_BYTES + 3)


def test_what_the_page_says_of_values_holds():
    assert f"`{MAGIC.hex(' ').upper()}`" in PAGE
    assert f"the version, {VERSION};" in PAGE
    assert f"0 or 2 to {2 * MOST_DIGITS} " in PAGE
    assert f"up to {MOST_PIXELS:,} pixels" in PAGE
    assert slice(5, 9) == container.CHECKSUM


def test_the_container_names_its_own_layout_as_the_page_does():
    for length, _, _ in documented()[:4]:
        assert re.search(rf"^    {length}  +\S", container.__doc__, flags=re.MULTILINE)

"""The file: its bytes one by one, and a sentence for each way in which it can be wrong."""

import zlib

import pytest

from aecore.compression import container
from aecore.compression.container import HEADER_BYTES, MOST_PIXELS, Container, read_container, verify, write_container
from aecore.errors import CodecError

FINGERPRINT = bytes(range(32))


def test_a_header_has_nine_bytes_and_each_is_where_it_belongs():
    file = write_container(3, FINGERPRINT, None, b"coded")
    assert len(file) == HEADER_BYTES + 5
    assert file[:5] == bytes([0xAE, 0xC0, 0b001_011_00, 0, 1])
    assert file[5:9] == zlib.crc32(FINGERPRINT + file[:5] + b"coded").to_bytes(4, "big")
    assert read_container(file) == Container(3, FINGERPRINT[:2], None, b"coded")


def test_another_size_takes_a_byte_for_every_seven_bits():
    file = write_container(0, FINGERPRINT, (28, 300), b"")
    assert file[2] & 1
    assert file[9:] == bytes([300 & 127 | 128, 300 >> 7, 28])
    assert read_container(file).size == (28, 300)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n", "does not begin with AE C0"),
        (b"\xae", "cut short"),
        (b"\xae\xc0\x20\x00", "cut short"),
        (b"\xae\xc0\x40" + bytes(9), "of version 2"),
        (b"\xae\xc0\x22" + bytes(9), "of version 1"),
        (b"\xae\xc0\x21" + bytes(6), "cut short"),
        (b"\xae\xc0\x21" + bytes(6) + b"\x80\x80\x80\x80\x80", "names no size"),
        (b"\xae\xc0\x21" + bytes(6) + b"\x00\x05", "without pixels"),
        (b"\xae\xc0\x21" + bytes(6) + b"\xff\xff\x7f\xff\xff\x7f", "limit of this codec is 4,194,304"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_decoded(data, sentence):
    with pytest.raises(CodecError, match=sentence):
        read_container(data)


def test_a_file_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(container, "MOST_BYTES", 20)
    with pytest.raises(CodecError, match="which is the limit"):
        read_container(write_container(0, FINGERPRINT, None, bytes(12)))


def test_one_bit_anywhere_is_found_by_the_checksum():
    file = write_container(1, FINGERPRINT, (9, 7), b"some bytes")
    verify(file, FINGERPRINT)
    for bit in range(8 * len(file)):
        damaged = bytearray(file)
        damaged[bit // 8] ^= 128 >> bit % 8
        with pytest.raises(CodecError, match="checksum does not agree"):
            verify(bytes(damaged), FINGERPRINT)


def test_a_decoder_that_shares_the_first_two_bytes_by_chance_refuses_the_file():
    file = write_container(1, FINGERPRINT, None, b"some bytes")
    with pytest.raises(CodecError, match="checksum does not agree"):
        verify(file, FINGERPRINT[:2] + bytes(30))


def test_the_limit_is_on_pixels():
    file = write_container(0, FINGERPRINT, (2048, MOST_PIXELS // 2048), b"")
    assert read_container(file).size == (2048, 2048)

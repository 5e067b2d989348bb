"""Answers as text: by hand."""

from aecore.cli.answer import Answer, counted, listing, table


def test_numbers_stand_right_and_words_left():
    rows = [{"a": "x", "b": 5, "c": None}, {"a": "long", "b": 1234, "c": 0.5}]

    assert table(rows, {"a": "word", "b": "n", "c": "share"}) == (
        "word      n  share\nx         5\nlong  1,234    0.5"  # columns are two blanks apart
    )


def test_a_table_without_rows_has_its_headings():
    assert table([], {"a": "word", "b": "number"}) == "word  number"


def test_a_listing_indents_what_is_nested_and_leaves_out_what_is_empty():
    values = {"run": "x", "message": "", "yes": True, "train": {"loss": 0.123456}, "stages": [{"n": 1}, {"n": 2}]}

    assert listing(values).splitlines() == [
        "run  x",
        "yes  yes",
        "train",
        "  loss  0.1235",
        "stages 1",
        "  n  1",
        "stages 2",
        "  n  2",
    ]


def test_json_stays_ascii_and_keeps_tuples_as_lists():
    assert Answer({"name": "σ", "shape": (1, 2), "x": float("inf")}, "").to_json() == (
        '{"name": "\\u03c3", "shape": [1, 2], "x": null}'
    )


def test_one_is_not_many():
    assert (counted(1, "file"), counted(1200, "file")) == ("1 file", "1,200 files")

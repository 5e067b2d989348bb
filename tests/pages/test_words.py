"""Names of strangers are shown letter by letter, whatever Markdown they would be."""

import pytest

from pages.shared.words import plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("![fetch](http://x.y)", r"\!\[fetch\]\(http\://x\.y\)"),
        ("<img src=x>", r"\<img src\=x\>"),
        (":red[stop] $x$", r"\:red\[stop\] \$x\$"),
        ("# 1. *bold* `code`", r"\# 1\. \*bold\* \`code\`"),
        (r"back\slash", r"back\\slash"),
        ("写真 7", "写真 7"),
    ],
)
def test_no_name_is_read_as_markdown(name, shown):
    assert plain(name) == shown

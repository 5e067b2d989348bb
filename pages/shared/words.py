"""Words of strangers on a page: names of files, folders, data sets and runs may hold anything.

Streamlit reads most of what it is given as Markdown, in which a name could draw a link or fetch a picture.
"""

import re
from collections import Counter
from collections.abc import Mapping

# Whatever begins anything in Streamlit's Markdown, addresses that become links by themselves included: without
# their colon or dot they do not.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=])")


def plain(text: str) -> str:
    """Markdown that shows `text` letter by letter."""
    return _SPECIAL.sub(r"\\\1", text)


def distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels by key, no two the same: a browser sends the label of what was chosen, and Streamlit takes the first."""
    often = Counter(labels.values())
    return {key: label if often[label] == 1 else f"{label} · {key}" for key, label in labels.items()}

"""Which runs can be compared: their recipes differ in nothing but what the comparison is about."""

import copy
import json
from collections.abc import Mapping
from typing import Any


def apart_from(recipe: Mapping[str, Any], *names: str) -> str:
    """Everything that a recipe's values say, less `names`, as a text: equal where the rest is equal.

    A name is that of an axis ("scheme"), of a choice on it ("network.kind"), or of a setting of the training
    ("training.epochs"). Which variant a recipe began with and which version of the code wrote it do not count.
    """
    rest = copy.deepcopy({key: each for key, each in recipe.items() if key not in ("variant", "code_version")})
    for name in names:
        axis, _, setting = name.partition(".")
        if axis == "training":
            for stage in rest.get("stages", []):
                stage.pop(setting, None)
        elif setting:
            rest.get("parts", {}).get(axis, {}).pop(setting, None)
        else:
            rest.get("parts", {}).pop(axis, None)
    return json.dumps(rest, sort_keys=True)

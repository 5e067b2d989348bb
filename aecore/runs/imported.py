"""A run folder that came from outside: every file is read as what it should be, and the small ones written anew."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aecore.errors import RunError
from aecore.runs.files import read_object, write_file
from aecore.runs.folder import CHECKPOINT, ENVIRONMENT, GROUPS, KEPT, METRICS, PREVIEW, RECIPE, STEPS, Run
from aecore.runs.groups import read_groups, write_groups
from aecore.runs.job_folder import ABOUT, STATUS
from aecore.runs.kept_projections import FILES, check_projection
from aecore.runs.names import clean_name
from aecore.runs.summary import STATES, UNDER_WAY, text, whole

NAME_FALLBACK = "Imported run"


def check_imported(folder: Path) -> None:
    """Check all files of an unpacked run. RunError naming the one that is damaged or does not belong there."""
    run = Run(folder, starter=False)
    content = run.recipe().to_json().encode()
    write_file(folder / RECIPE, content)
    _check_tensors(run)
    _check_kept(run)
    for name, lines in ((METRICS, run.metrics()), (STEPS, run.steps())):
        if (folder / name).exists():
            write_file(folder / name, "".join(json.dumps(each) + "\n" for each in lines).encode())
    for name, values in (
        (ABOUT, _about(run)),
        (STATUS, _status(run, hashlib.sha256(content).hexdigest())),
        (ENVIRONMENT, run.environment()),
    ):
        write_file(folder / name, json.dumps(values, indent=1).encode())


def _check_kept(run: Run) -> None:
    file = run.path / KEPT / GROUPS
    if file.exists():
        write_groups(file, read_groups(file))


def _check_tensors(run: Run) -> None:
    from aecore.runs.arrays import as_preview, read_arrays
    from aecore.runs.weights import newest_checkpoint

    if (run.path / CHECKPOINT).exists():
        newest_checkpoint(run)
    if (run.path / PREVIEW).exists():
        as_preview(read_arrays(run.path / PREVIEW))
    for epoch in run.snapshots():
        run.snapshot(epoch)
    for name in FILES:
        if (run.kept_folder() / name).exists():
            check_projection(run.kept_folder() / name)


def _about(run: Run) -> dict[str, str]:
    told = run.about()
    try:
        name = clean_name(str(told["name"]))
    except RunError:
        name = NAME_FALLBACK
    return {"name": name, "created": str(told["created"])[:40], "device": "auto"}


def _status(run: Run, recipe_digest: str) -> dict[str, Any]:
    """Only what is known and of the right type; the numbers that can be are taken from the files themselves."""
    told: Mapping[str, Any] = {}
    if (run.path / STATUS).exists():
        told = read_object(run.path / STATUS)
    metrics = run.metrics()
    state = text(told, "state")
    known: dict[str, Any] = {key: text(told, key)[:1000] for key in ("device", "precision", "message")}
    known |= {key: whole(told, key) for key in ("parameters", "train_images", "validation_images")}
    return known | {
        "state": "stopped" if state not in STATES or state in UNDER_WAY else state,
        "image_shape": told.get("image_shape"),
        **{key: told[key] for key in ("encodes", "generates", "restores") if isinstance(told.get(key), bool)},
        "class_names": [str(each)[:200] for each in told.get("class_names") or []],
        "epochs_done": metrics[-1]["epoch"] if metrics else 0,
        "metrics": metrics[-1] if metrics else {},
        "bytes": run.bytes_on_disk(),
        "recipe_digest": recipe_digest,
    }

"""Every deliberate error of the laboratory.

    LabError
    ├── SettingError     a setting, a recipe or a choice that cannot work
    ├── DataError        a data set that is missing, damaged or unknown
    │   └── PictureError one picture that cannot be taken in (names the file and the reason)
    ├── RunError         a run that is missing, damaged or in the wrong state
    ├── TrainingError    training that cannot go on (a loss that is no longer finite, memory)
    ├── JobError         a process that could not be started, stopped or found
    ├── CodecError       a compressed file that is damaged or foreign, or a picture too large for one
    └── SetUpError       an environment that could not be made

A message says what is wrong, the value, the limit and the way out, in sentences a person can act on:
pages and the command line show it as it is. Nothing else may be raised on purpose.
"""


class LabError(Exception):
    """The root of all errors that are raised on purpose."""


class SettingError(LabError):
    """A setting, a recipe or a combination of choices that cannot work."""


class DataError(LabError):
    """A data set that is missing, damaged or unknown."""


class PictureError(DataError):
    """One picture that cannot be taken in.

    `name` is the file as the person knows it, `reason` the rest of the sentence.
    """

    def __init__(self, name: str, reason: str):
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class RunError(LabError):
    """A run that is missing, damaged or in a state that does not allow what was asked."""


class TrainingError(LabError):
    """Training that cannot go on."""


class JobError(LabError):
    """A process that could not be started, stopped or found."""


class SetUpError(LabError):
    """An environment that could not be made."""


class CodecError(LabError):
    """A compressed file that cannot be read, or a picture that cannot be written to one."""

"""Types and shapes in annotations are checked while tests run: types by beartype, shapes by jaxtyping around it.

The import hook that pytest's options switch on puts jaxtyping's check around every function. It makes a call take
hundreds of times as long as beartype's check alone, also where no annotation names a shape. Such functions get
beartype alone here: the same types are checked, of the arguments and of what is returned.
"""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial, wraps
from typing import get_args, get_type_hints

import jaxtyping

_with_shapes = jaxtyping.jaxtyped


def install() -> None:
    """Modules that are imported from here on are checked this way."""
    jaxtyping.jaxtyped = check


def check(checked=None, *, typechecker: Callable):
    """In the place of `jaxtyping.jaxtyped` as the import hook calls it, on a function or a class."""
    if checked is None:
        return partial(check, typechecker=typechecker)
    if names_shapes(checked.__init__ if inspect.isclass(checked) else checked):
        return _with_shapes(checked, typechecker=typechecker)
    if not inspect.isclass(checked):
        return _with_types(checked, typechecker)
    if is_dataclass(checked) and "__init__" in vars(checked):
        checked.__init__ = _with_types(checked.__init__, typechecker)
    return checked


def _with_types(function: Callable, typechecker: Callable) -> Callable:
    """Checked by the type checker alone, and not at all where jaxtyping is switched off: there sizes are tensors."""
    chosen, known = jaxtyping.config, []

    @wraps(function)
    def call(*arguments, **named):
        if not known:
            known.append(typechecker(function) if resolves(function) else function)
        return (function if chosen.jaxtyping_disable else known[0])(*arguments, **named)

    return call


def resolves(function: Callable) -> bool:
    """Whether all annotations name something: a class imported for type checkers alone does not when tests run."""
    try:
        get_type_hints(function)
    except NameError:
        return False
    return True


def names_shapes(function: Callable) -> bool:
    """Whether a shape stands in some annotation of the function, at any depth."""
    names = getattr(function, "__globals__", {})
    return any(_holds_shape(each, names) for each in getattr(function, "__annotations__", {}).values())


def _holds_shape(annotation, names) -> bool:
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, names)
        except (NameError, SyntaxError):
            return False  # a class that comes later, or a literal: names of shapes are imported first
    if inspect.isclass(annotation) and issubclass(annotation, jaxtyping.AbstractArray):
        return True
    parts = annotation if isinstance(annotation, list) else get_args(annotation)
    return any(_holds_shape(each, names) for each in parts)

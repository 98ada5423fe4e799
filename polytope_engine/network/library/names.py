"""Networks of the library by name: a name is the call that makes the network."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.network.library import (
    arrangements,
    cubes,
    definitions,
    deformations,
    folding,
    graphs,
    products,
    reflections,
    traps,
    weight_sharing,
    zigzags,
)
from polytope_engine.network.library.instances import catalog
from polytope_engine.network.library.named_network import NamedNetwork

Family = Callable[..., NamedNetwork]


def _public(module: Any) -> list[tuple[str, Family]]:
    """The constructors of a module, in the order in which they stand there."""
    return [
        (name, value)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and value.__annotations__.get("return") == "NamedNetwork"
    ]


_MODULES = (
    definitions, folding, zigzags, cubes, traps, arrangements, deformations, reflections, graphs, weight_sharing,
    products,
)  # fmt: skip
FAMILIES = MappingProxyType({name: family for module in _MODULES for name, family in _public(module)})
"""Each constructor by its name."""


def named(name: str) -> NamedNetwork:
    """The network with this name, which is the call that makes it; in the catalog or not.

    Parameters
    ----------
    name : str
        Such as ``"hat"``, ``"resonance(4)"``, ``"zigzag((3,3),(4,4))"`` or ``"exceptional(F4)"``.

    Returns
    -------
    NamedNetwork
        What the family of that name makes of these parameters.

    Raises
    ------
    InvalidArgumentError
        If there is no such family, or it does not take these parameters.

    Examples
    --------
    >>> named("resonance(4)")
    <NamedNetwork resonance(4): <ReLUNetwork 4-15-1, 15 neurons>, 370 regions>
    >>> named("side_by_side(hat, identity)").n_regions
    8
    """
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"`name` is {name!r}, but must be a call in words, such as 'resonance(4)'."
        )
    try:
        expression = ast.parse(name.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as failure:
        raise _unknown(name) from failure
    found = _value(expression, name)
    if not isinstance(found, NamedNetwork):
        raise _unknown(name)
    return found


def _value(expression: ast.expr, name: str) -> Any:
    """What a part of the name stands for: a network, a number, a sequence, or a word."""
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name):
        family = FAMILIES.get(expression.func.id)
        if family is None:
            raise _unknown(name, expression.func.id)
        arguments = [_value(argument, name) for argument in expression.args]
        keywords = {str(k.arg): _value(k.value, name) for k in expression.keywords}
        if len(keywords) < len(expression.keywords) or "None" in keywords:
            raise _unknown(name)
        return _called(expression.func.id, family, arguments, keywords)
    if isinstance(expression, ast.Name):
        family = FAMILIES.get(expression.id)
        return expression.id if family is None else _called(expression.id, family, [], {})
    if isinstance(expression, ast.Tuple | ast.List):
        return tuple(_value(part, name) for part in expression.elts)
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError, MemoryError, RecursionError) as failure:
        raise _unknown(name) from failure


def _called(name: str, family: Family, arguments: list[Any], keywords: dict[str, Any]) -> NamedNetwork:
    try:
        inspect.signature(family).bind(*arguments, **keywords)
    except TypeError as failure:
        parameters = inspect.signature(family).parameters.values()
        wanted = ", ".join(str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters)
        example = next((net.name for net in catalog() if net.name.startswith(f"{name}(")), None)
        such_as = f", as in {example}" if example else ""
        takes = f"takes ({wanted}){such_as}" if wanted else "takes no parameters"
        raise InvalidArgumentError(f"`{name}` {takes}: {failure}.", family=name) from failure
    return family(*arguments, **keywords)


def _unknown(name: str, family: str | None = None) -> InvalidArgumentError:
    """The error for a name that is none, with the closest ones that there are."""
    listed = [net.name for net in catalog()]
    if family is None:
        close = get_close_matches(name, dict.fromkeys([*listed, *FAMILIES]), n=3)
    else:
        relatives = get_close_matches(family, FAMILIES, n=3)
        close = [near for relative in relatives for near in _nearest(name, family, relative, listed)]
    hint = f"did you mean {' or '.join(close)}?" if close else "names are calls such as resonance(4)."
    return InvalidArgumentError(
        f'There is no network "{name}" in the library; {hint} The catalog lists those with known counts.',
        name=name,
        close_matches=close,
    )


def _nearest(name: str, family: str, relative: str, listed: list[str]) -> list[str]:
    """The name with its family corrected if that is listed, else the family's instance closest to it."""
    corrected = name.replace(family, relative, 1)
    of_family = [net for net in listed if net == relative or net.startswith(f"{relative}(")]
    return get_close_matches(corrected, of_family, n=1, cutoff=0) or [relative]

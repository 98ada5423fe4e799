"""The exceptions of polytope_engine.

::

    PolytopeEngineError
    ├── InvalidNetworkError (ValueError)        weights, biases or slopes that make no network
    │   └── UnsupportedLayerError               a layer that is not piecewise linear, or not understood
    ├── FileFormatError (ValueError)            a file that is missing a part, or is not what its name says
    ├── MissingFileError (FileNotFoundError)    a file that is not there
    ├── InvalidDomainError (ValueError)         a domain that cannot be used
    │   ├── EmptyDomainError                    ... because no point satisfies it
    │   └── FlatDomainError                     ... because it has no interior
    ├── UnboundedError (ValueError)             a quantity that needs a bounded polytope
    ├── NumericalError (ArithmeticError)        floats, or a solver that uses them, gave no usable answer
    ├── InvalidArgumentError (ValueError)       any other argument that is not what it must be
    └── MissingDependencyError (ImportError)    an optional package that is not installed

Every message says which argument, what it is, what it must be, and what to do. The values it
speaks of are attributes of the exception.
"""

from __future__ import annotations

from typing import Any


class PolytopeEngineError(Exception):
    """Base class of every error that polytope_engine raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for a person.
    **data
        What the sentence speaks of; each becomes an attribute.

    Examples
    --------
    >>> error = PolytopeEngineError("Layer 3 expects 16 inputs.", layer=3, n_inputs=16)
    >>> error.layer, error.n_inputs
    (3, 16)
    """

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.data = data

    def __getattr__(self, name: str) -> Any:
        data = self.__dict__.get("data", {})
        if name in data:
            return data[name]
        raise AttributeError(name)


class InvalidNetworkError(PolytopeEngineError, ValueError):
    """Weights, biases or slopes that make no network."""


class UnsupportedLayerError(InvalidNetworkError):
    """A layer that is not piecewise linear, or that the reader does not understand."""


class FileFormatError(PolytopeEngineError, ValueError):
    """A file that lacks a part, or is not what its name says."""


class MissingFileError(PolytopeEngineError, FileNotFoundError):
    """A file that is not there."""


class InvalidDomainError(PolytopeEngineError, ValueError):
    """A domain that cannot be used."""


class EmptyDomainError(InvalidDomainError):
    """A domain that contains no point."""


class FlatDomainError(InvalidDomainError):
    """A domain without interior."""


class UnboundedError(PolytopeEngineError, ValueError):
    """A quantity that needs a bounded polytope."""


class NumericalError(PolytopeEngineError, ArithmeticError):
    """Floats, or a solver that uses them, gave no usable answer."""


class InvalidArgumentError(PolytopeEngineError, ValueError):
    """An argument that is not what it must be."""


class MissingDependencyError(PolytopeEngineError, ImportError):
    """An optional package that is not installed."""

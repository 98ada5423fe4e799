"""The columns of `RegionSet.measure`: what each one means, and what finding it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from polytope_engine.errors import InvalidArgumentError
from polytope_engine.kernels import generators as kernel


@dataclass(frozen=True)
class Column:
    """A column: its numpy type, whether it has d entries a region, and what finding it takes.

    Attributes
    ----------
    dtype : type
        np.int64, np.bool_ or np.float64.
    is_vector : bool
        Whether a row has d entries.
    is_rational : bool
        Whether its values are rational numbers, so that ``exact=True`` can give them.
    needs_generators, needs_ball : bool
        Whether vertices and rays, or a largest ball, must be found.
    wants : int
        What the kernel is asked for besides the generators.
    absent : float
        Its value where a region misses the clip.
    """

    dtype: type
    is_vector: bool = False
    is_rational: bool = True
    needs_generators: bool = False
    needs_ball: bool = False
    wants: int = 0
    absent: float = 0


FACET_COLUMNS = ("n_facets", "n_neuron_facets", "n_domain_facets", "n_clip_facets")

COLUMNS = {
    "n_facets": Column(np.int64),
    "n_neuron_facets": Column(np.int64),
    "n_domain_facets": Column(np.int64),
    "n_clip_facets": Column(np.int64),
    "is_bounded": Column(np.bool_, absent=1),
    "n_vertices": Column(np.int64, needs_generators=True),
    "n_rays": Column(np.int64, needs_generators=True),
    "chebyshev_radius": Column(np.float64, is_rational=False, needs_ball=True),
    "chebyshev_center": Column(np.float64, is_vector=True, is_rational=False, needs_ball=True, absent=np.nan),
    "volume": Column(np.float64, needs_generators=True, wants=kernel.WANT_VOLUME),
    "centroid": Column(
        np.float64, is_vector=True, needs_generators=True, wants=kernel.WANT_VOLUME, absent=np.nan
    ),
    "n_simplices": Column(np.float64, needs_generators=True, wants=kernel.WANT_SIMPLICES),
    "diameter": Column(np.float64, is_rational=False, needs_generators=True, wants=kernel.WANT_DIAMETER),
    "surface_area": Column(np.float64, is_rational=False, needs_generators=True, wants=kernel.WANT_AREA),
    "aspect": Column(
        np.float64,
        is_rational=False,
        needs_generators=True,
        needs_ball=True,
        wants=kernel.WANT_CIRCUMRADIUS,
        absent=np.nan,
    ),
}


def checked_names(names: Iterable[object], *, exact: bool) -> tuple[str, ...]:
    """Return the names of the columns asked for, each once: all of them if none is named.

    Raises
    ------
    InvalidArgumentError
        If there is no such column, or it cannot be given in rationals.

    Examples
    --------
    >>> checked_names(["volume", "n_facets", "volume"], exact=False)
    ('volume', 'n_facets')
    >>> checked_names(["size"], exact=False)
    Traceback (most recent call last):
    polytope_engine.errors.InvalidArgumentError: `'size'` is no column; ...
    """
    rational = [name for name, column in COLUMNS.items() if column.is_rational]
    named = list(names)
    for name in named:
        if not isinstance(name, str) or name not in COLUMNS:
            raise InvalidArgumentError(
                f"`{name!r}` is no column; pass their names one by one, of {', '.join(COLUMNS)}.", column=name
            )
    chosen = [str(name) for name in dict.fromkeys(named)] or (rational if exact else list(COLUMNS))
    for name in chosen:
        if exact and name not in rational:
            raise InvalidArgumentError(
                f"`{name}` is no rational number in general, so `exact=True` cannot give it; leave it out, or pass "
                "exact=False.",
                column=name,
            )
    return tuple(chosen)

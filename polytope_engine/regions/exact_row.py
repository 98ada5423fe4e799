"""One region's row of the measured columns, in rational arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import inf, nan
from typing import Any

from polytope_engine.exact.extents import rank_columns
from polytope_engine.exact.rational import nearest_floats
from polytope_engine.polytope.chebyshev import chebyshev_radius
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.polytope.rows import row_length
from polytope_engine.regions.columns import COLUMNS, FACET_COLUMNS

Value = Any  # int, bool, float, Fraction, or a tuple of d numbers


def exact_row(polytope: HPolytope, names: Collection[str], rule: str, *, exact: bool) -> dict[str, Value]:
    """Return the values of some columns of one polytope with interior.

    Parameters
    ----------
    polytope : HPolytope
        Its labels start with "neuron", "domain" or "clip".
    names : collection of str
        Names of `COLUMNS`.
    rule : {"pulling", "delaunay"}
    exact : bool
        Whether rational numbers are wanted, not rounded ones.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> exact_row(pe.box(0, Fraction(1, 3), dimension=2), ["n_facets", "volume"], "pulling", exact=True)
    {'n_facets': 4, 'volume': Fraction(1, 9)}
    """
    wanted = set(names)
    if any(COLUMNS[name].needs_generators for name in names):
        values = _by_generators(polytope, wanted, rule, exact=exact)
    else:
        values = {}
        if wanted & set(FACET_COLUMNS):
            groups = [facet.rows for facet in polytope.facets()]
            values |= facet_counts(groups, [label[0] for label in polytope.labels])
        if "is_bounded" in wanted:
            values["is_bounded"] = polytope.is_bounded()
    if wanted & {"chebyshev_center", "aspect"}:
        ball = polytope.chebyshev_ball()
        values["chebyshev_radius"] = ball.radius
        values["chebyshev_center"] = tuple(ball.center) if ball.radius < inf else (nan,) * polytope.dimension
        values["aspect"] = ball.radius / values["aspect"] if "aspect" in wanted else nan
    elif "chebyshev_radius" in wanted:
        values["chebyshev_radius"] = _radius(polytope)
    return {name: values[name] for name in names}


def _by_generators(polytope: HPolytope, wanted: set[str], rule: str, *, exact: bool) -> dict[str, Value]:
    """What follows from vertices and rays; "aspect" stands for the circumradius."""
    twin = polytope.exact
    values: dict[str, Value] = {}
    values |= facet_counts(twin.facets(), [label[0] for label in polytope.labels])
    is_bounded = values["is_bounded"] = twin.is_bounded()
    values["n_vertices"] = 0 if twin.lineality_dimension() else len(twin.vertices())
    values["n_rays"] = len(twin.rays())
    if "volume" in wanted:
        values["volume"] = _number(twin.volume(), exact=exact)
    if "centroid" in wanted:
        nowhere: Sequence[Any] = (nan,) * polytope.dimension
        center = twin.centroid() if is_bounded else nowhere
        values["centroid"] = center if exact or not is_bounded else tuple(nearest_floats(center))
    if "n_simplices" in wanted:
        values["n_simplices"] = len(twin.triangulation(rule)) if is_bounded else nan
    if "diameter" in wanted:
        values["diameter"] = polytope.diameter()
    if "surface_area" in wanted:
        values["surface_area"] = polytope.surface_area()
    if "aspect" in wanted:
        values["aspect"] = polytope.circumradius() if is_bounded else nan
    return values


def _radius(polytope: HPolytope) -> float:
    """The radius of a largest ball, whose center is not asked for."""
    rows = [row for row in polytope.exact_rows if any(row[:-1])]
    if not rows:
        return inf
    columns = rank_columns([row[:-1] for row in rows])[2]
    section = [(*(row[k] for k in columns), row[-1]) for row in rows]
    return chebyshev_radius(section, [row_length(row) for row in rows])


def facet_counts(facets: Sequence[Sequence[int]], kinds: Sequence[str]) -> dict[str, int]:
    """Return how many facets there are of each kind; the domain's come before the clip's before the neurons'.

    Examples
    --------
    >>> facet_counts([(0, 2), (1,)], ["neuron", "neuron", "domain"])
    {'n_facets': 2, 'n_neuron_facets': 1, 'n_domain_facets': 1, 'n_clip_facets': 0}
    """
    counts = {"domain": 0, "clip": 0, "neuron": 0}
    for rows in facets:
        on = {kinds[row] for row in rows}
        counts[next(kind for kind in counts if kind in on)] += 1
    return {
        "n_facets": len(facets),
        "n_neuron_facets": counts["neuron"],
        "n_domain_facets": counts["domain"],
        "n_clip_facets": counts["clip"],
    }


def _number(value: Fraction | float, *, exact: bool) -> Fraction | float:
    if exact or not isinstance(value, Fraction):
        return value
    return nearest_floats([value])[0]

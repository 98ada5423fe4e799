"""Deletion and restriction against the search, on integer networks with one layer and everything degenerate."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from deletion_restriction import characteristic_polynomial, f_vectors, hyperplanes, n_bounded, n_regions
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import polytope_engine as pe

Row = tuple[int, ...]


@st.composite
def degenerate_layers(draw: st.DrawFn) -> list[Row]:
    """Integer rows (normal, offset), some repeated, opposite, scaled, parallel, zero, or through a common point."""
    d = draw(st.integers(1, 3))
    entries = st.integers(-3, 3)
    rows: list[Row] = draw(st.lists(st.tuples(*[entries] * (d + 1)), min_size=1, max_size=5))
    point = draw(st.tuples(*[entries] * d))
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.sampled_from(rows))
        kind = draw(st.sampled_from(["scaled", "parallel", "zero", "concurrent"]))
        if kind == "scaled":
            factor = draw(st.sampled_from([-2, -1, 1, 3]))
            rows.append(tuple(factor * x for x in row))
        elif kind == "parallel":
            rows.append((*row[:-1], row[-1] + draw(st.integers(1, 3))))
        elif kind == "zero":
            rows.append((*[0] * d, draw(entries)))
        else:
            normal = draw(st.tuples(*[entries] * d))
            rows.append((*normal, -sum(a * x for a, x in zip(normal, point, strict=True))))
    return rows


def layer(rows: list[Row]) -> pe.ReLUNetwork:
    W, b = [list(row[:-1]) for row in rows], [row[-1] for row in rows]
    return pe.ReLUNetwork([(W, b), ([[1] * len(rows)], [0])])


@settings(max_examples=80)
@given(degenerate_layers())
def test_the_search_agrees_with_deletion_and_restriction(rows: list[Row]) -> None:
    network = layer(rows)
    d, planes = network.input_dim, hyperplanes(network)
    regions = pe.enumerate_regions(network)
    assert int(pe.count_regions(network)) == len(regions) == n_regions(d, planes)
    shapes = regions.measure("n_facets", "is_bounded", "chebyshev_radius")
    assert int(shapes["is_bounded"].sum()) == n_bounded(d, planes)
    cells, _ = f_vectors(d, planes)
    assert int(shapes["n_facets"].sum()) == 2 * cells[d - 1]


@settings(max_examples=30)
@given(degenerate_layers())
def test_the_characteristic_polynomial_counts_the_points_off_the_hyperplanes(rows: list[Row]) -> None:
    """Over a field with a large prime number p of elements there are chi(p) of them [Athanasiadis 1996]."""
    planes, d, p = hyperplanes(layer(rows)), len(rows[0]) - 1, 499
    assume(d < 3)
    # no determinant may vanish in the field alone
    for size in range(1, d + 2):
        for chosen in combinations(planes, size):
            for columns in combinations(range(d + 1), size):
                minor = determinant([[row[k] for k in columns] for row in chosen])
                assume(minor == 0 or minor % p)
    points = np.stack(np.meshgrid(*[np.arange(p)] * d), axis=-1).reshape(-1, d)
    is_off = [(points @ np.array(row[:-1]) + row[-1]) % p != 0 for row in planes]
    n_off = int(np.logical_and.reduce(is_off, axis=0).sum()) if planes else p**d
    assert n_off == sum(c * p**k for k, c in enumerate(characteristic_polynomial(d, planes)))


def determinant(rows: list[list[int]]) -> int:
    if not rows:
        return 1
    rest = [row[1:] for row in rows]
    return sum((-1) ** i * row[0] * determinant(rest[:i] + rest[i + 1 :]) for i, row in enumerate(rows))


def test_three_lines_by_hand() -> None:
    planes = hyperplanes(layer([(1, 0, 0), (0, 1, 0), (1, 1, -1), (-2, 0, 0), (0, 0, 3)]))
    assert planes == {(1, 0, 0), (0, 1, 0), (1, 1, -1)}
    assert characteristic_polynomial(2, planes) == (3, -3, 1)
    assert n_regions(2, planes) == 7
    assert n_bounded(2, planes) == 1
    assert f_vectors(2, planes) == ((3, 9, 7), (3, 3, 1))
    assert n_bounded(2, frozenset([(1, 0, 0), (1, 0, -1)])) == 0


@pytest.mark.parametrize(
    "named",
    [pe.library.periodic_surface(1), pe.library.periodic_surface(5), pe.library.generic_surface()],
    ids=lambda named: named.name,
)
def test_the_closed_surfaces_have_their_f_vectors(named: pe.library.NamedNetwork) -> None:
    """Exact corners and edges of each region; each lies in 8 and in 4 regions, for d planes meet at each corner."""
    regions = pe.enumerate_regions(named.network)
    n_corners = n_edges = n_facets = 0
    for region in regions:
        polytope = region.polytope
        walls = [polytope.exact_rows[facet.rows[0]] for facet in polytope.facets()]
        rows = [([Fraction(-a) for a in wall[:-1]], Fraction(wall[-1])) for wall in walls]
        corners = []
        for chosen in combinations(range(len(rows)), 3):
            x = solved([rows[k] for k in chosen])
            if x is not None and all(sum(a * y for a, y in zip(n, x, strict=True)) <= c for n, c in rows):
                corners.append(chosen)
        n_facets += len(rows)
        n_corners += len(corners)
        edges = {pair for corner in corners for pair in combinations(corner, 2)}
        n_edges += len(edges)
    assert named.f_vector == (n_corners / 8, n_edges / 4, n_facets / 2, len(regions))


def solved(rows: list[tuple[list[Fraction], Fraction]]) -> list[Fraction] | None:
    """The point on three planes, by Cramer's rule; None if there is no single one."""
    (a, p), (b, q), (c, r) = rows
    bc, ca, ab = cross(b, c), cross(c, a), cross(a, b)
    volume = sum(x * y for x, y in zip(a, bc, strict=True))
    if volume == 0:
        return None
    return [(p * x + q * y + r * z) / volume for x, y, z in zip(bc, ca, ab, strict=True)]


def cross(u: list[Fraction], v: list[Fraction]) -> list[Fraction]:
    return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]

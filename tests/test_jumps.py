"""The output's Jacobian across walls: jumps, similarities by distance, total variation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.complexes import jumps as module
from polytope_engine.regions.region_set import RegionSet


def random_network(seed: int, widths: tuple[int, ...], kind: str = "generic") -> pe.ReLUNetwork:
    rng = np.random.default_rng(seed)
    layers: list[Any] = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        if kind == "generic":
            layers.append((rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)))
        else:
            layers.append((rng.integers(-1, 2, (n_out, n_in)), rng.integers(-1, 2, n_out)))
    return pe.ReLUNetwork(layers, denominators=3 if kind == "thirds" else None)


def jacobian(regions: RegionSet, k: int, output: int | None = None) -> np.ndarray:
    """In Fractions."""
    rows, unit = regions.network.exact.output_rows(regions.sign_vectors[k])
    A = np.array([[int(entry) * unit for entry in row[:-1]] for row in rows], dtype=object)
    return (A if output is None else A[[output]]).ravel()


def norm(row: np.ndarray) -> float:
    return float(np.sqrt(float((row * row).sum())))


@pytest.mark.parametrize("kind", ["generic", "integer", "thirds"])
@pytest.mark.parametrize("output", [None, 1])
@pytest.mark.parametrize("most", [1 << 24, 1])
def test_columns_are_those_of_rational_jacobians(
    kind: str, output: int | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_NUMBERS", most)  # 1: nothing is kept, one wall at a time
    regions = pe.enumerate_regions(random_network(2, (2, 4, 3, 2), kind))
    walls = regions.walls()
    found = walls.jumps(output)
    assert len(walls) > 10
    for k, (i, j) in enumerate(walls.pairs.tolist()):
        A, B = jacobian(regions, i, output), jacobian(regions, j, output)
        assert (found.norms[k] == 0) == (not (A - B).any())
        assert found.norms[k] == pytest.approx(norm(A - B), rel=1e-7)
        sizes = norm(A), norm(B)
        if all(sizes):
            assert found.cosines[k] == pytest.approx(float((A * B).sum()) / sizes[0] / sizes[1], abs=1e-8)
        else:
            assert np.isnan(found.cosines[k])
        if any(sizes):
            assert found.nonlinearity[k] == pytest.approx(norm(A - B) / sum(sizes), rel=1e-8)
        else:
            assert found.nonlinearity[k] == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_jump_is_what_leaves_the_neuron_times_its_gradient(seed: int) -> None:
    network = random_network(seed, (2, 4, 3, 2))
    regions = pe.enumerate_regions(network)
    walls = regions.walls()
    (W2, _), (W3, _) = network.weights[1:]
    for k, size in enumerate(walls.jumps().norms.tolist()):
        ((_, layer, i),) = walls.labels(k)
        signs = regions.sign_vectors[walls.pairs[k, 0]]
        outgoing = W3[:, i] if layer else W3 @ ((signs[4:] > 0) * W2[:, i])
        row, unit = network.exact.pre_activation_rows(layer, signs)
        gradient = np.array([float(int(a) * unit) for a in row[i][:-1]])
        assert size == pytest.approx(np.linalg.norm(outgoing) * np.linalg.norm(gradient), rel=1e-7, abs=1e-15)


def test_a_jump_far_below_the_jacobians_is_accurate() -> None:
    tiny = Fraction(1, 2**70)
    walls = pe.enumerate_regions(pe.ReLUNetwork([([[1], [1]], [1, -3]), ([[3, tiny]], [0])])).walls()
    found = walls.jumps()
    assert sorted(found.norms.tolist()) == [float(tiny), 3.0]
    assert found.n_exact > 0
    assert len(walls.regions.linear_regions("affine")) == 3


@pytest.mark.parametrize("size", [1e-180, 1e170])
def test_norms_neither_underflow_nor_overflow(size: float) -> None:
    walls = pe.enumerate_regions(pe.ReLUNetwork([([[3, 0], [0, 4]], [0, 0]), ([[size, size]], [0])])).walls()
    expected = np.where(walls.neurons == 0, 3 * size, 4 * size)
    assert walls.jumps().norms == pytest.approx(expected, rel=1e-12)


def test_the_jump_is_zero_where_linear_regions_are_joined() -> None:
    for seed in range(5):
        regions = pe.enumerate_regions(random_network(seed, (2, 4, 4, 1)))
        walls = regions.walls()
        labels = regions.linear_regions("affine").labels
        is_joined = labels[walls.pairs[:, 0]] == labels[walls.pairs[:, 1]]
        assert np.array_equal(walls.jumps().norms == 0, is_joined)


def test_similarity_by_distance_agrees_with_a_breadth_first_search() -> None:
    regions = pe.enumerate_regions(random_network(1, (2, 5, 4, 2)))
    walls = regions.walls()
    k = len(regions) // 3
    rings = [{k}]
    while rings[-1]:
        seen = set().union(*rings)
        rings.append(
            {n.index for i in rings[-1] for n in regions[i].neighbors() if n.index is not None} - seen
        )
    table = walls.similarity_by_distance(k)
    assert table.distances.tolist() == list(range(len(rings) - 1))
    assert table.n_regions.tolist() == [len(ring) for ring in rings[:-1]]
    A = jacobian(regions, k)
    for ring, cosine, difference in zip(rings, table.mean_cosines, table.mean_differences, strict=False):
        others = [jacobian(regions, i) for i in ring]
        cosines = [float((A * B).sum()) / norm(A) / norm(B) for B in others if B.any()]
        assert difference == pytest.approx(np.mean([norm(A - B) for B in others]), rel=1e-8, abs=1e-12)
        assert cosine == pytest.approx(np.mean(cosines) if cosines else np.nan, abs=1e-8, nan_ok=True)
    assert len(str(table).splitlines()) == len(table) + 1
    assert walls.similarity_by_distance(k - len(regions)).region == k


def test_the_distance_one_line_is_that_of_the_walls() -> None:
    regions = pe.enumerate_regions(random_network(4, (2, 4, 4, 1)))
    walls = regions.walls()
    norms = walls.jumps().norms[(walls.pairs == 0).any(axis=1)]
    assert walls.similarity_by_distance(0).mean_differences[1] == pytest.approx(norms.mean())


def test_total_gradient_variation_of_a_norm_is_known() -> None:
    regions = pe.enumerate_regions(pe.library.l1_norm().network, pe.box(-1, 1, dimension=2))
    assert regions.walls().total_gradient_variation() == pytest.approx(
        4 * 2
    )  # |x| + |y|: four sides of length 1
    line = pe.enumerate_regions(pe.library.hat().network, pe.box(-1, 2, dimension=1))
    assert line.walls().total_gradient_variation() == pytest.approx(1 + 2 + 1)


def test_total_gradient_variation_does_not_count_regions_twice_that_are_split() -> None:
    layers = [([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]
    split = [([[1, 0], [0, 1], [1, 1]], [0, 0, 0]), ([[1, 1, 0]], [0])]
    box = pe.box(-1, 1, dimension=2)
    totals = [
        pe.enumerate_regions(pe.ReLUNetwork(net), box).walls().total_gradient_variation()
        for net in (layers, split)
    ]
    assert totals == pytest.approx([4.0, 4.0])


@pytest.mark.parametrize("domain", [None, pe.HPolytope([[1, 1]], [1])])
def test_total_gradient_variation_needs_a_bounded_domain(domain: pe.HPolytope | None) -> None:
    walls = pe.enumerate_regions(pe.library.l1_norm().network, domain).walls()
    with pytest.raises(
        pe.errors.UnboundedError, match=r"needs a bounded domain.*pe.box\(-1, 1, dimension=2\)"
    ):
        walls.total_gradient_variation()
    box = pe.box(-1, 1, dimension=2)
    clipped = pe.enumerate_regions(
        pe.library.l1_norm().network, box if domain is None else box.intersection(domain)
    )
    assert walls.total_gradient_variation(clip=box) == pytest.approx(
        clipped.walls().total_gradient_variation()
    )


def test_sets_without_walls_have_empty_columns() -> None:
    walls = pe.enumerate_regions(pe.ReLUNetwork([([[1, 2]], [0])]), pe.box(0, 1, dimension=2)).walls()
    found = walls.jumps()
    assert (len(found.norms), len(found.cosines), len(found.nonlinearity)) == (0, 0, 0)
    assert repr(found) == "<Jumps: 0 walls, 0 zero>"
    assert walls.total_gradient_variation() == 0
    assert walls.similarity_by_distance(0).n_regions.tolist() == [1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda walls: walls.jumps(2), "`output` is 2, but the network has 1 output"),
        (
            lambda walls: walls.jumps("argmax"),
            "`output` is 'argmax'; it must be the number of an output, or None",
        ),
        (lambda walls: walls.jumps(progress=1), "`progress` is 1"),
        (lambda walls: walls.similarity_by_distance(4), "`region` is 4, but there are 4 regions"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call: Any, message: str) -> None:
    walls = pe.enumerate_regions(pe.library.l1_norm().network).walls()
    with pytest.raises(pe.errors.InvalidArgumentError, match=message):
        call(walls)


@pytest.mark.parametrize("scale", [1e-162, 1e-155, 1e-140])
def test_the_smallest_jumps_are_as_exact_as_floats_can_hold(scale: float) -> None:
    net = pe.ReLUNetwork([([[1e-160]], [0]), ([[3 * scale]], [0])])
    norms = pe.enumerate_regions(net).walls().jumps().norms
    assert norms.tolist() == [float(Fraction(1e-160) * Fraction(3 * scale))]

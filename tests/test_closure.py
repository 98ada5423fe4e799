"""Saved region sets, checked again without the tree: whole ones are proven, all others refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from reference_prover import statement_of
from test_proof_checker import networks

import polytope_engine as pe
from polytope_engine.exact.closure import check_closure
from polytope_engine.regions.region_set import RegionSet

CATALOG = {net.name: net for net in pe.library.catalog()}
SMALL = [name for name, net in CATALOG.items() if net.n_regions is not None and net.n_regions <= 200]


@pytest.mark.parametrize("name", SMALL)
def test_library_sets_are_proven_complete_with_all_walls(name: str, tmp_path: Path) -> None:
    net = CATALOG[name]
    pe.enumerate_regions(net.network).save(tmp_path / "set.npz")
    expected = {"network": statement_of(net.network).network_digest}
    verdict = check_closure(tmp_path / "set.npz", expected)
    assert verdict.is_proven, verdict.sentence
    assert verdict.n_regions == net.n_regions
    assert net.n_walls is None or verdict.n_walls == 2 * net.n_walls


@pytest.mark.parametrize("name", SMALL[::3])
def test_library_sets_in_a_wedge_are_proven_complete(name: str, tmp_path: Path) -> None:
    network = CATALOG[name].network
    d = network.input_dim
    domain = pe.HPolytope(np.vstack([np.eye(d), np.ones(d), np.zeros(d)]), [1.5] * d + [1, 0])
    regions = pe.enumerate_regions(network, domain)
    regions.save(tmp_path / "set.npz")
    expected = {"domain": statement_of(network, domain).domain_digest}
    verdict = check_closure(tmp_path / "set.npz", expected)
    assert verdict.is_proven, verdict.sentence
    assert verdict.n_regions == len(regions)
    assert verdict.n_walls == sum(len(region.neighbors()) for region in regions)


@settings(max_examples=40)
@given(network=networks())
def test_random_integer_networks(tmp_path_factory: pytest.TempPathFactory, network: pe.ReLUNetwork) -> None:
    path = tmp_path_factory.mktemp("sets") / "set.npz"
    for domain in (None, pe.box(-2, 1, dimension=network.input_dim)):
        regions = pe.enumerate_regions(network, domain)
        regions.save(path)
        assert check_closure(path).is_proven
        for lost in {0, len(regions) - 1} if len(regions) > 1 else ():
            rebuilt(regions, [i for i in range(len(regions)) if i != lost]).save(path)
            verdict = check_closure(path)
            assert not verdict.is_proven
            assert "beyond this wall" in verdict.sentence


def rebuilt(
    regions: RegionSet, rows: list[int], signs: np.ndarray | None = None, points: np.ndarray | None = None
) -> RegionSet:
    """A set with some of the regions, or with other signs or points."""
    signs = regions.sign_vectors if signs is None else signs
    points = regions.interior_points if points is None else points
    exact = {
        k: regions.exact_interior_points[i] for k, i in enumerate(rows) if i in regions.exact_interior_points
    }
    return RegionSet(
        regions.network, regions.domain, signs[rows], points[rows], exact_interior_points=exact,
        status=regions.status, work=regions.work, certificate=regions.certificate,
    )  # fmt: skip


def demo() -> RegionSet:
    return pe.enumerate_regions(CATALOG["folding_plane(4,3)"].network, pe.box(-1, 2, dimension=2))


def flipped(regions: RegionSet) -> RegionSet:
    signs = regions.sign_vectors.copy()
    signs[0, 1] *= -1
    return rebuilt(regions, list(range(len(regions))), signs)


def zeroed(regions: RegionSet) -> RegionSet:
    signs = regions.sign_vectors.copy()
    signs[0, 1] = 0
    return rebuilt(regions, list(range(len(regions))), signs)


def moved(regions: RegionSet) -> RegionSet:
    points = regions.interior_points.copy()
    points[4] = points[5]
    return rebuilt(regions, list(range(len(regions))), points=points)


def outside(regions: RegionSet) -> RegionSet:
    points = regions.interior_points.copy()
    points[4] = [2, 2]
    return rebuilt(regions, list(range(len(regions))), points=points)


SABOTAGE: dict[str, tuple[Callable[[RegionSet], RegionSet], str]] = {
    "dropped": (
        lambda r: rebuilt(r, list(range(1, len(r)))),
        "the region beyond this wall is not in the set",
    ),
    "duplicated": (lambda r: rebuilt(r, [0, *range(len(r))]), "a region is there twice"),
    "replaced": (lambda r: rebuilt(r, [0, 0, *range(2, len(r))]), "is not in the set"),
    "empty": (lambda r: rebuilt(r, []), "the set is empty"),
    "flipped sign": (flipped, "region 0: neuron 1 of layer 0 has another sign at the point"),
    "zero": (zeroed, "region 0: neuron 1 of layer 0 has another sign at the point"),
    "moved point": (moved, "region 4: neuron"),
    "point on the boundary": (outside, "region 4: the point is not inside the domain"),
}


@pytest.mark.parametrize("kind", SABOTAGE)
def test_sabotage_is_refused(kind: str, tmp_path: Path) -> None:
    sabotage, reason = SABOTAGE[kind]
    sabotage(demo()).save(tmp_path / "set.npz")
    verdict = check_closure(tmp_path / "set.npz")
    assert not verdict.is_proven
    assert reason in verdict.sentence


def test_a_refusal_names_the_wall(tmp_path: Path) -> None:
    whole = demo()
    rebuilt(whole, list(range(1, len(whole)))).save(tmp_path / "set.npz")
    verdict = check_closure(tmp_path / "set.npz")
    region = whole[verdict.region + 1]
    assert 0 in {neighbor.index for neighbor in region.neighbors()}
    labels = {tuple(label[1:] for label in n.facet.labels) for n in region.neighbors() if n.index == 0}
    assert verdict.wall in labels


def test_other_points_and_another_order_are_accepted(tmp_path: Path) -> None:
    whole = demo()
    order = list(range(len(whole)))
    random.Random(0).shuffle(order)
    points = whole.interior_points * (1 + 1e-9)
    rebuilt(whole, order, points=points).save(tmp_path / "set.npz")
    assert check_closure(tmp_path / "set.npz").is_proven


def test_another_network_or_domain_is_refused(tmp_path: Path) -> None:
    demo().save(tmp_path / "set.npz")
    assert "another network" in check_closure(tmp_path / "set.npz", {"network": "0" * 64}).sentence
    assert "another domain" in check_closure(tmp_path / "set.npz", {"domain": "0" * 64}).sentence


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "set.npz"
    demo().save(file)
    data = file.read_bytes()
    generator = random.Random(0)
    for _ in range(100):
        n = generator.randrange(len(data))
        file.write_bytes(data[:n])
        assert not check_closure(file).is_proven
        file.write_bytes(data[:n] + bytes([data[n] ^ 1 << generator.randrange(8)]) + data[n + 1 :])
        verdict = check_closure(file)
        assert not verdict.is_proven or verdict.n_regions == len(demo())

"""Proofs that a search writes down are accepted by the checker, which shares nothing with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions import recording

SMALL = [named for named in pe.library.catalog(max_regions=400) if named.network.n_neurons]
DOMAINS = {
    "whole space": None,
    "box": pe.box(-1, 1, dimension=2),
    "small box": pe.box(-1e-7, 1e-7, dimension=2),
    "triangle": pe.HPolytope([[-3, 1], [1, 2], [0.3, -1]], [1, 1, 0.7]),
    "strip": pe.HPolytope([[1, 1], [-1, -1]], [1, 1]),
    "half-plane, repeated": pe.HPolytope([[0.1, 0.2], [1, 2], [0, 0]], [0.3, 3, 1]),
}


def proven(network: pe.ReLUNetwork, domain: pe.HPolytope | None = None) -> pe.RegionSet:
    regions = pe.enumerate_regions(network, domain, record_proof=True)
    assert regions.proof is not None
    verdict = regions.proof.check()
    assert verdict.is_proven, verdict.sentence
    assert verdict.n_regions == len(regions)
    assert np.array_equal(regions.sign_vectors, pe.enumerate_regions(network, domain, "lp").sign_vectors)
    return regions


@pytest.fixture(params=[recording.BUFFER_EVENTS, 7])
def any_buffer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The buffer as it is, and one that is full all the time."""
    monkeypatch.setattr(recording, "BUFFER_EVENTS", request.param)
    return int(request.param)


@pytest.mark.parametrize("named", SMALL, ids=lambda named: named.name)
def test_the_proofs_of_the_library_are_accepted(named: pe.library.NamedNetwork) -> None:
    regions = proven(named.network)
    assert named.n_regions in (None, len(regions))


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
@pytest.mark.parametrize("slope", [0.0, 0.01, -0.5])
@pytest.mark.parametrize("kind", ["generic", "quarters", "integer", "repeated"])
def test_proofs_on_any_domain_are_accepted(
    any_buffer: int, kind: str, slope: float, domain: pe.HPolytope | None
) -> None:
    generator = np.random.default_rng(len(kind) + round(100 * abs(slope)))
    layers = []
    for n_in, n_out in ((2, 6), (6, 5), (5, 1)):
        W, b = generator.normal(size=(n_out, n_in)), generator.normal(size=n_out)
        if kind != "generic":
            W, b = np.round(W * 4) / 4, np.round(b * 4) / 4
        if kind == "integer":
            W, b = np.round(W), np.round(b) * 0
        if kind == "repeated":
            W[-1], b[-1] = -2 * W[0], -2 * b[0]
        layers.append((W, b))
    proven(pe.ReLUNetwork(layers, negative_slope=slope), domain)


def test_sides_that_turn_out_to_be_empty_are_taken_back(any_buffer: int) -> None:
    """Planes that are nearly parallel and nearly meet in one point: floats see cuts that are none."""
    refused = 0
    for seed in range(6):
        generator = np.random.default_rng(seed)
        spread = (1e-7, 1e-9, 1e-11)[seed % 3]
        W = generator.normal(size=3) + spread * generator.normal(size=(6, 3))
        point = generator.normal(size=3)
        bias = -W @ point
        second = generator.normal(size=(3, 6))
        shift = -second @ np.maximum(W @ point + bias, 0) + spread * generator.normal(size=3)
        network = pe.ReLUNetwork([(W, bias), (second, shift), ([[1, 1, 1]], [0])])
        for domain in (None, pe.box(-8, 8, dimension=3)):
            refused += proven(network, domain).certificate.n_empty_sides
    assert refused > 20


def test_a_region_without_a_float_inside_has_a_rational_point_in_its_proof() -> None:
    assert len(proven(pe.library.thin_region().network).exact_interior_points) == 1


def test_the_golden_planes_are_proven_to_have_168_regions() -> None:
    assert len(proven(pe.library.icosahedron().network)) == 168


def test_networks_without_a_hyperplane_have_a_proof_too() -> None:
    constant = pe.ReLUNetwork([([[0.0], [0.0]], [0.0, -1.0]), ([[1.0, 1.0]], [0.0])])
    assert len(proven(constant)) == 1
    assert len(proven(constant, pe.box(0, 1, dimension=1))) == 1


@pytest.mark.parametrize("exponent", [10, 25, 60, 150])
@pytest.mark.parametrize("slope", [2, 0.5])
def test_what_no_float_can_state_is_proven_in_rationals(exponent: int, slope: float) -> None:
    """Multipliers of scaled rows are ordinary floats here, those of the stated rows overflow."""
    layers = [
        ([[0, 1e-200], [1e-200, 0.0]], [0, 0]),
        ([[1e-200, 1e-200]], [0.0]),
        ([[1e-200]], [0]),
        ([[-(10**exponent)]], [0]),
        ([[1e-200]], [1e-200]),
        ([[1]], [0]),
    ]
    assert len(proven(pe.ReLUNetwork(layers, negative_slope=slope), pe.box(-1, 1, dimension=2))) == 6


def test_a_proof_goes_to_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "braid.proof"
    regions = pe.enumerate_regions(pe.library.braid(3).network, record_proof=file)
    assert regions.proof is not None
    assert regions.proof.path == file
    copy = tmp_path / "copy.proof"
    regions.proof.save(copy)
    assert copy.read_bytes() == file.read_bytes()
    assert regions.proof.n_bytes == file.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["braid.proof", "copy.proof"]


def test_an_incomplete_run_leaves_no_proof(tmp_path: Path) -> None:
    file = tmp_path / "some.proof"
    regions = pe.enumerate_regions(pe.library.braid(4).network, max_regions=5, record_proof=file)
    assert len(regions) == 5
    assert regions.proof is None
    assert not any(tmp_path.iterdir())


def test_a_temporary_proof_goes_with_its_regions() -> None:
    regions = pe.enumerate_regions(pe.library.braid(3).network, record_proof=True)
    assert regions.proof is not None
    path = regions.proof.path
    assert path.exists()
    regions.proof = None
    assert not path.exists()


@pytest.mark.parametrize("value", [3, "/no such folder/x.proof", None, "", ".", "n" * 5000, "a\0b"])
def test_a_bad_name_gets_one_sentence(value: object) -> None:
    with pytest.raises(InvalidArgumentError, match="`record_proof` is"):
        pe.enumerate_regions(pe.library.braid(3).network, record_proof=value)  # type: ignore[arg-type]

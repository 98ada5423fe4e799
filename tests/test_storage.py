"""Region sets on disk: what comes back, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polytope_engine as pe
from polytope_engine.errors import FileFormatError, InvalidArgumentError, MissingFileError
from polytope_engine.regions import storage
from polytope_engine.regions.archive import digest_of
from polytope_engine.regions.region_set import RegionSet
from polytope_engine.regions.storage import pack_signs, unpack_signs

CATALOG = {net.name: net for net in pe.library.catalog(max_regions=2_000)}


def assert_same(one: RegionSet, other: RegionSet) -> None:
    assert np.array_equal(one.sign_vectors, other.sign_vectors)
    assert one.sign_vectors.dtype == other.sign_vectors.dtype == np.int8
    assert one.interior_points.tobytes() == other.interior_points.tobytes()
    assert one.exact_interior_points == other.exact_interior_points
    assert one.network.digest == other.network.digest
    assert one.network.rounded_layers == other.network.rounded_layers
    assert (one.status, one.work, one.certificate) == (other.status, other.work, other.certificate)
    assert (one.domain is None) == (other.domain is None)
    if one.domain is not None and other.domain is not None:
        assert one.domain.exact_rows == other.domain.exact_rows
        assert one.domain.labels == other.domain.labels
        assert np.array_equal(one.domain.A, other.domain.A)
        assert np.array_equal(one.domain.b, other.domain.b)


def round_trip(regions: RegionSet, folder: Path) -> RegionSet:
    regions.save(folder / "regions.npz")
    assert [file.name for file in folder.iterdir()] == ["regions.npz"]
    return pe.load_regions(folder / "regions.npz")


@pytest.mark.parametrize(
    "name", ["thin_region", "icosahedron", "zero_plateau", "leaky_line", "folding_plane(4,3)", "dead_neuron"]
)
def test_a_set_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    regions = pe.enumerate_regions(CATALOG[name].network)
    assert_same(regions, round_trip(regions, tmp_path))


def test_the_library_has_points_that_are_no_floats() -> None:
    assert pe.enumerate_regions(CATALOG["icosahedron"].network).exact_interior_points


@pytest.mark.parametrize(
    "domain",
    [
        pe.box([-1, 0.1], [1, 3]),
        pe.HPolytope([[1, 1 / 3], [-1, 0.1]], [0.7, 1], [("side", 0), ("side", np.int64(1))]),
        pe.HPolytope.from_exact_rows([(3, 1, 7), (-7, 1, 10**40), (-1, -1, 1)]),
        pe.HPolytope.from_exact_rows([(10**5000, 1, 10**5000), (0, 1, 1)]),
    ],
    ids=["box", "labels", "rows that are no floats", "rows of 5000 digits"],
)
def test_a_domain_comes_back_exactly(domain: pe.HPolytope, tmp_path: Path) -> None:
    network = pe.ReLUNetwork([([[1, 2], [0.1, -1]], [0, 0.3]), ([[1, 1]], [0])], negative_slope=0.1)
    regions = pe.enumerate_regions(network, domain)
    assert_same(regions, round_trip(regions, tmp_path))


def test_a_set_that_was_stopped_comes_back_as_incomplete(tmp_path: Path) -> None:
    regions = pe.enumerate_regions(CATALOG["braid(4)"].network, max_regions=3)
    again = round_trip(regions, tmp_path)
    assert_same(regions, again)
    assert not again.status.is_complete


def test_a_network_without_neurons_or_outputs_comes_back(tmp_path: Path) -> None:
    regions = pe.enumerate_regions(pe.ReLUNetwork([(np.zeros((0, 2)), np.zeros(0))], rounded_layers=["norm"]))
    assert_same(regions, round_trip(regions, tmp_path))


def test_regions_that_come_back_can_be_asked(tmp_path: Path) -> None:
    again = round_trip(pe.enumerate_regions(CATALOG["thin_region"].network), tmp_path)
    for region in again:
        assert again.locate(region.exact_interior_point) == region.index
        assert all(neighbor.index is not None for neighbor in region.neighbors())


@pytest.mark.parametrize("n_neurons", range(10))
def test_signs_survive_packing(n_neurons: int) -> None:
    signs = np.random.default_rng(n_neurons).integers(-1, 2, (20, n_neurons)).astype(np.int8)
    packed = pack_signs(signs)
    assert packed.shape == (20, -(-n_neurons // 4))
    assert np.array_equal(unpack_signs(packed, n_neurons), signs)


def test_saving_again_replaces_the_file_and_a_failure_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (pe.enumerate_regions(CATALOG[name].network) for name in ("hat", "braid(4)"))
    few.save(tmp_path / "regions.npz")
    many.save(tmp_path / "regions.npz")

    def full_disk(file: io.BufferedWriter, **arrays: Any) -> None:
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(storage.np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        few.save(tmp_path / "regions.npz")
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ["regions.npz"]
    assert_same(many, pe.load_regions(tmp_path / "regions.npz"))


# -- what is refused --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "saved.npz"
    pe.enumerate_regions(CATALOG["icosahedron"].network, pe.box(-2, 2, dimension=3)).save(path)
    return path.read_bytes()


@pytest.fixture
def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "saved.npz"
    path.write_bytes(content)
    return path


def rewrite(path: Path, *, drop: str | None = None, digest: bool = True, **changes: Any) -> None:
    """Change a file's arrays; with a digest that fits, as a faulty writer would leave it."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != drop}
    arrays.update({name: np.asarray(value) for name, value in changes.items()})
    if digest:
        arrays["digest"] = np.array(digest_of(arrays))
    np.savez(path, **arrays)


def header(path: Path, **changes: Any) -> str:
    with np.load(path) as archive:
        return json.dumps({**json.loads(str(archive["header"])), **changes})


def refused(path: Path) -> str:
    with pytest.raises(FileFormatError) as caught:
        pe.load_regions(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"`{path.name}` ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_is_refused(saved: Path, part: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(part * len(content))])
    assert "is not a readable .npz file" in refused(saved)


@pytest.mark.parametrize("seed", range(20))
def test_no_damaged_byte_goes_unnoticed(saved: Path, seed: int) -> None:
    content = bytearray(saved.read_bytes())
    position = int(np.random.default_rng(seed).integers(len(content)))
    content[position] ^= 0x55
    original = pe.load_regions(saved)
    saved.write_bytes(content)
    try:
        again = pe.load_regions(saved)
    except FileFormatError:
        return
    assert_same(original, again)  # the byte was padding, a date or a permission in the archive


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 not really", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.npz").write_bytes(content)
    assert "is not a readable .npz file" in refused(tmp_path / "other.npz")


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    assert "holds a single array" in refused(tmp_path / "array.npz")


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "objects.npz", header=np.array([None]))
    assert "is not a readable .npz file" in refused(tmp_path / "objects.npz")


def test_a_saved_network_is_no_set_of_regions(tmp_path: Path) -> None:
    CATALOG["hat"].network.save(tmp_path / "network.npz")
    assert "not one of regions" in refused(tmp_path / "network.npz")


@pytest.mark.parametrize("text", ["5", "{}", "not json", '{"format": "something else", "format_version": 1}'])
def test_a_foreign_header_is_refused(saved: Path, text: str) -> None:
    rewrite(saved, header=text)
    assert "not one of regions" in refused(saved)


def test_a_newer_format_is_refused_by_its_version(saved: Path) -> None:
    rewrite(saved, header=header(saved, format_version=3))
    assert "has format version 3, but this polytope_engine reads versions 1 and 2" in refused(saved)


@pytest.mark.parametrize(
    "name", ["W0", "b1", "slope0", "packed_signs", "interior_points", "exact_points", "domain_b"]
)
def test_a_file_that_lacks_a_part_is_refused_by_its_name(saved: Path, name: str) -> None:
    rewrite(saved, drop=name)
    assert f"'{name}' is missing" in refused(saved)


def test_a_file_changed_after_it_was_saved_is_refused(saved: Path) -> None:
    with np.load(saved) as archive:
        weights = archive["W0"] + 1
    rewrite(saved, W0=weights, digest=False)
    assert "does not match its own digest" in refused(saved)
    rewrite(saved, W0=weights)
    assert "the network is not the one that was saved" in refused(saved)
    rewrite(saved, drop="digest", digest=False)
    assert "does not match its own digest" in refused(saved)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("packed_signs", np.zeros((5, 1), dtype=np.uint8)),
        ("packed_signs", np.zeros(5, dtype=np.uint8)),
        ("packed_signs", np.zeros((5, 4))),
        ("interior_points", np.zeros((5, 3))),
        ("exact_points", np.array([[b"1/0", b"1", b"1"]] * 16)),
        ("exact_points", np.array([[b"x", b"1", b"1"]] * 16)),
        ("exact_points", np.array([[b"1", b"1", b"1"]])),
        ("domain_rows", np.array([[b"1/2"]])),
        ("W0", np.full((15, 3), np.inf)),
    ],
)
def test_parts_that_do_not_fit_are_refused(saved: Path, name: str, value: np.ndarray) -> None:
    rewrite(saved, **{name: value})
    assert "is incomplete or inconsistent" in refused(saved)


@pytest.mark.parametrize(
    "changes", [{"status": "FINE"}, {"work": {}}, {"certificate": 3}, {"n_layers": "two"}]
)
def test_a_header_that_does_not_fit_is_refused(saved: Path, changes: dict[str, Any]) -> None:
    rewrite(saved, header=header(saved, **changes))
    assert "is incomplete or inconsistent" in refused(saved)


def test_a_missing_file_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="There is no file"):
        pe.load_regions(tmp_path / "nothing.npz")
    with pytest.raises(MissingFileError, match="There is no folder"):
        pe.enumerate_regions(CATALOG["hat"].network).save(tmp_path / "nowhere" / "regions.npz")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"must end in .npz"):
        pe.enumerate_regions(CATALOG["hat"].network).save(tmp_path / "regions.json")
    assert not list(tmp_path.iterdir())


def test_labels_that_no_file_can_keep_are_refused(tmp_path: Path) -> None:
    domain = pe.HPolytope([[1.0]], [1.0], [("side", 1j)])
    with pytest.raises(InvalidArgumentError, match="has a label that holds 1j"):
        pe.enumerate_regions(CATALOG["hat"].network, domain).save(tmp_path / "regions.npz")
    assert not list(tmp_path.iterdir())

"""Region sets as `.npz` files: plain arrays, exact numbers in decimal, nothing pickled.

Layout of format 1: a JSON `header` (versions, status, work, certificate, labels), the network as
`W0, b0, ..., slope0, ...`, the domain as `domain_A, domain_b, domain_rows`, the columns, and a SHA-256
`digest` of all of it. Format 2 is written only where the network or the domain holds numbers that are no
floats: its arrays of such numbers are arrays of text, "n/m" or "n".
"""

from __future__ import annotations

import json
import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from polytope_engine.errors import FileFormatError, InvalidArgumentError
from polytope_engine.network.npz import network_arrays
from polytope_engine.network.rationals import from_text_array, number_from_text, number_text, text_array
from polytope_engine.network.relu_network import ReLUNetwork
from polytope_engine.polytope.hpolytope import HPolytope
from polytope_engine.regions.archive import Arrays, check_digest, existing_file, read_archive, write_archive
from polytope_engine.regions.outcome import Certificate, Status, Work
from polytope_engine.regions.region_set import RegionSet

FORMAT = "polytope_engine regions"
FORMAT_VERSION = 1
RATIONAL_FORMAT_VERSION = 2
_NETWORK_ARRAY = re.compile(r"(W|b|slope)[0-9]+")
_SIGN_BITS = np.array([0, 2, 4, 6], dtype=np.uint8)


# -- writing ----------------------------------------------------------------------------------


def save_regions(regions: RegionSet, path: str | os.PathLike[str]) -> None:
    """Write a region set; see `RegionSet.save`."""
    target = Path(path)
    if target.suffix != ".npz":
        raise InvalidArgumentError(
            f"`path` is {target.name!r}, but must end in .npz; regions are saved in no other format.",
            path=target,
        )
    write_archive(target, _arrays(regions))


def _arrays(regions: RegionSet) -> Arrays:
    from polytope_engine import __version__

    network, domain = regions.network, regions.domain
    has_rational_domain = domain is not None and not _is_kept_by_floats(domain)
    is_rational = network.is_rational or has_rational_domain
    header = {
        "format": FORMAT,
        "format_version": RATIONAL_FORMAT_VERSION if is_rational else FORMAT_VERSION,
        "package_version": __version__,
        "status": regions.status.name,
        "work": regions.work.as_dict(),
        "certificate": regions.certificate.as_dict(),
        "n_layers": len(network.weights),
        "rounded_layers": list(network.rounded_layers),
        "network_digest": network.digest,
        "domain_labels": None if domain is None else [list(label) for label in domain.labels],
    }
    arrays: Arrays = {"header": np.array(json.dumps(header, default=_plain))}
    arrays.update(network_arrays(network))
    if domain is not None:
        arrays["domain_A"], arrays["domain_b"] = domain.A, domain.b
        if has_rational_domain:
            arrays["domain_A"], arrays["domain_b"] = map(text_array, domain.exact_inequalities)
        arrays["domain_rows"] = _decimal(domain.exact_rows, domain.dimension + 1)
    arrays["packed_signs"] = pack_signs(regions.sign_vectors)
    arrays["interior_points"] = regions.interior_points
    exact = sorted(regions.exact_interior_points.items())
    arrays["exact_indices"] = np.array([index for index, _ in exact], dtype=np.int64)
    arrays["exact_points"] = _decimal([point for _, point in exact], network.input_dim)
    return arrays


def _plain(value: Any) -> int | float:
    if isinstance(value, np.integer | np.floating):
        return value.item()
    raise InvalidArgumentError(
        f"The domain has a label that holds {value!r}, which no file can keep; use strings and numbers in labels."
    )


def _decimal(rows: Any, width: int) -> NDArray[np.bytes_]:
    """Rationals as "n/m", integers as "n", however long; one row of strings for each row."""
    strings = [[number_text(Fraction(int(x) if isinstance(x, fmpz) else x)) for x in row] for row in rows]
    return np.array(strings, dtype=np.bytes_).reshape(len(rows), width)


def pack_signs(sign_vectors: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Four signs a byte: two bits each, the sign plus one; shape (n, ceil(N / 4)).

    Examples
    --------
    >>> packed = pack_signs(np.array([[1, 0, -1, 1, 0]], dtype=np.int8))
    >>> packed
    array([[134,   1]], dtype=uint8)
    >>> unpack_signs(packed, 5)
    array([[ 1,  0, -1,  1,  0]], dtype=int8)
    """
    n, n_neurons = sign_vectors.shape
    codes = np.zeros((n, -(-n_neurons // 4), 4), dtype=np.uint8)
    codes.reshape(n, 4 * codes.shape[1])[:, :n_neurons] = sign_vectors + 1
    packed: NDArray[np.uint8] = np.bitwise_or.reduce(codes << _SIGN_BITS, axis=2)
    return packed


def unpack_signs(packed: NDArray[np.uint8], n_neurons: int) -> NDArray[np.int8]:
    """Signs from `pack_signs`, shape (n, N)."""
    codes = (packed[:, :, np.newaxis] >> _SIGN_BITS) & 3
    signs: NDArray[np.int8] = codes.reshape(len(packed), 4 * packed.shape[1])[:, :n_neurons].astype(np.int8)
    return signs - np.int8(1)


# -- reading ----------------------------------------------------------------------------------


def load_regions(path: str | os.PathLike[str]) -> RegionSet:
    """Read a region set that :meth:`RegionSet.save` wrote.

    Parameters
    ----------
    path : path
        The `.npz` file.

    Returns
    -------
    RegionSet
        As it was saved: regions, exact points, network, domain, status, work and certificate.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If it is something else, damaged, incomplete, changed, or of a newer format.

    Examples
    --------
    >>> import polytope_engine as pe, pathlib, tempfile
    >>> regions = pe.enumerate_regions(pe.ReLUNetwork([([[1], [2]], [0, -1]), ([[1, 1]], [0])]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     regions.save(pathlib.Path(folder) / "three.npz")
    ...     pe.load_regions(pathlib.Path(folder) / "three.npz")
    <RegionSet: 3 regions of 1-2-1 in R^1, complete>
    """
    file = existing_file(path, "regions")
    arrays = read_archive(file, "regions")
    header = _read_header(arrays, file.name)
    check_digest(arrays, file)
    try:
        return _rebuilt(arrays, header)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as failure:
        raise FileFormatError(
            f"`{file.name}` is incomplete or inconsistent ({_reason(failure)}); save the regions again.",
            path=file,
        ) from failure


def _reason(failure: Exception) -> str:
    return f"{failure.args[0]!r} is missing" if isinstance(failure, KeyError) else str(failure).rstrip(".")


def _read_header(arrays: Arrays, name: str) -> dict[str, Any]:
    try:
        header = json.loads(str(arrays["header"]))
        is_ours = header["format"] == FORMAT
        version = header["format_version"]
    except (KeyError, ValueError, TypeError):
        is_ours = False
    if not is_ours:
        raise FileFormatError(
            f"`{name}` is an .npz file, but not one of regions; pass a file that RegionSet.save wrote."
        )
    if version not in (FORMAT_VERSION, RATIONAL_FORMAT_VERSION):
        raise FileFormatError(
            f"`{name}` has format version {version}, but this polytope_engine reads versions {FORMAT_VERSION} "
            f"and {RATIONAL_FORMAT_VERSION}; update polytope_engine, or save the regions again.",
            version=version,
        )
    return dict(header)


def _rebuilt(arrays: Arrays, header: dict[str, Any]) -> RegionSet:
    n_layers = int(header["n_layers"])
    for name in [*(name for name in arrays if _NETWORK_ARRAY.fullmatch(name)), "domain_A", "domain_b"]:
        if name in arrays and arrays[name].dtype.kind == "S":
            arrays[name] = from_text_array(arrays[name])
    network = ReLUNetwork(
        [(arrays[f"W{k}"], arrays[f"b{k}"]) for k in range(n_layers)],
        [arrays[f"slope{k}"] for k in range(n_layers - 1)],
        rounded_layers=header["rounded_layers"],
    )
    if network.digest != header["network_digest"]:
        raise ValueError("the network is not the one that was saved")
    signs = unpack_signs(arrays["packed_signs"], network.n_neurons)
    if np.any(signs > 1):
        raise ValueError("a sign is neither -1, 0 nor +1")
    exact = {
        int(index): tuple(number_from_text(digits) for digits in point)
        for index, point in zip(arrays["exact_indices"], arrays["exact_points"], strict=True)
    }
    return RegionSet(
        network,
        _rebuilt_domain(arrays, header["domain_labels"]),
        signs,
        arrays["interior_points"],
        exact_interior_points=exact,
        status=Status[header["status"]],
        work=Work(**{"n_residue_decisions": 0, **header["work"]}),
        certificate=Certificate(**{"n_drops_residues": 0, **header["certificate"]}),
    )


def _is_kept_by_floats(domain: HPolytope) -> bool:
    """Whether `_rebuilt_domain` makes the same polytope, down to `A` and `b`, of its floats and rows."""
    floats = HPolytope(domain.A, domain.b)
    if floats.exact_rows != domain.exact_rows:
        floats = HPolytope.from_exact_rows(domain.exact_rows, dimension=domain.dimension)
    return np.array_equal(floats.A, domain.A) and np.array_equal(floats.b, domain.b)


def _rebuilt_domain(arrays: Arrays, labels: list[list[Any]] | None) -> HPolytope | None:
    """The domain with the same floats, where its exact rows are those floats; else of its exact rows."""
    if labels is None:
        return None
    names = [tuple(label) for label in labels]
    rows = tuple(tuple(int(number_from_text(digits)) for digits in row) for row in arrays["domain_rows"])
    domain = HPolytope(arrays["domain_A"], arrays["domain_b"], names)
    if domain.exact_rows == rows:
        return domain
    return HPolytope.from_exact_rows(rows, names, dimension=domain.dimension)

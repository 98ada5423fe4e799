"""`boundary`: where a classifier changes its mind, or an output has a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from polytope_engine.cli.describe import exit_of, source
from polytope_engine.cli.exit_codes import BAD_INPUT, INTERRUPTED
from polytope_engine.cli.facts import Facts
from polytope_engine.cli.inputs import PICTURES, check_writable
from polytope_engine.cli.progress import watched
from polytope_engine.cli.search import SearchOptions, regions_facts, regions_of, say
from polytope_engine.cli.text import counted, labeled
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.outcome import Status

if TYPE_CHECKING:
    from polytope_engine.complexes.boundary import Boundary
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.regions.region_set import RegionSet

_MESHES = (".ply", ".obj")
_DPI = 150
# Of a level in decimal notation; longer numbers are no slip of the pen, but take forever.
_LARGEST_EXPONENT = 4_000


@dataclass(frozen=True)
class BoundaryOptions:
    """Which boundary, and where it goes."""

    level: str | None
    output: int | None
    figure: Path | None
    save: Path | None

    def value(self) -> Fraction:
        """The level, exactly as it is written.

        Raises
        ------
        InvalidArgumentError
            If it is no number.
        """
        text = self.level or "0"
        try:
            is_long = "/" not in text and abs(Decimal(text).adjusted()) > _LARGEST_EXPONENT
            value = Fraction(0) if is_long else Fraction(text)
        except (ValueError, ArithmeticError) as failure:
            raise InvalidArgumentError(
                f"--level is {self.level!r}; it must be a number, as in 0, 0.25 or 1/3."
            ) from failure
        if is_long:
            raise InvalidArgumentError(
                f"--level is {self.level!r}; its size must be between 1e-{_LARGEST_EXPONENT} and 1e{_LARGEST_EXPONENT}."
            )
        return value

    def is_level_set(self, network: ReLUNetwork) -> bool:
        """Whether a level set is meant: if options say so, or there are no classes."""
        return self.level is not None or self.output is not None or network.output_dim < 2

    def check(self, file: Path) -> None:
        """Refuse what could not be meant or written, before the network is read."""
        self.value()
        if self.figure is not None:
            check_writable(self.figure, (*PICTURES, ".html"), not_this=file, option="--figure")
        if self.save is not None:
            check_writable(self.save, _MESHES, not_this=file, option="--save")

    def check_network(self, network: ReLUNetwork) -> None:
        """Refuse what this network has not, before regions are looked for.

        Raises
        ------
        InvalidArgumentError
            If there is no such output, or no such file can be made of it.
        """
        n, d = network.output_dim, network.input_dim
        outputs = f"{n} output{'' if n == 1 else 's'}"
        if not n:
            raise InvalidArgumentError("The network has no output, so there is no boundary.")
        if self.output is not None and not 0 <= self.output < n:
            raise InvalidArgumentError(
                f"--output is {self.output}; the network has {outputs}, counted from 0."
            )
        inputs = f"{d} input{'' if d == 1 else 's'}"
        if self.save is not None and d != 3:
            raise InvalidArgumentError(
                f"--save writes a surface in R^3, but the network has {inputs}; leave it out."
            )
        if self.figure is not None and d not in (2, 3):
            raise InvalidArgumentError(
                f"--figure draws in R^2 and R^3, but the network has {inputs}; leave it out."
            )
        if self.figure is not None and d != 3 and self.figure.suffix.lower() == ".html":
            raise InvalidArgumentError(
                f"--figure is `{self.figure}`, but only surfaces in R^3 are drawn as .html; name a .png, .pdf or .svg."
            )


def run_boundary(file: Path, search: SearchOptions, options: BoundaryOptions, *, as_json: bool) -> int:
    """Find a boundary in the regions in a file, or of the network in it; the exit code."""
    options.check(file)
    regions, was_saved = regions_of(file, search, quiet=as_json, check=options.check_network)
    facts = {"command": "boundary", **regions_facts(regions, source(file, was_saved))}
    if regions.status is Status.INTERRUPTED and not was_saved:
        facts["interrupted"] = True
        say(facts, *labeled("note", "interrupted: the boundary was not looked for"), as_json=as_json)
        return INTERRUPTED
    try:
        boundary = found_boundary(regions, options, quiet=as_json)
        facts["boundary"] = boundary_facts(boundary)
    except KeyboardInterrupt:
        facts |= {"boundary": None, "interrupted": True}
        say(facts, *labeled("note", "interrupted: there is no boundary"), as_json=as_json)
        return INTERRUPTED
    lines = boundary_lines(facts["boundary"])
    try:
        lines += _write(boundary, options, facts)
    except KeyboardInterrupt:
        facts["interrupted"] = True
        say(facts, *lines, *labeled("note", "interrupted: not all files were written"), as_json=as_json)
        return INTERRUPTED
    say(facts, *lines, as_json=as_json)
    is_unsaved = options.save is not None and facts["save"] is None
    return BAD_INPUT if is_unsaved else exit_of(regions, was_saved)


def found_boundary(regions: RegionSet, options: BoundaryOptions, *, quiet: bool) -> Boundary:
    """The boundary that the options say, found under a progress bar."""
    with watched("finding the boundary", quiet=quiet, noun="pieces") as progress:
        if options.is_level_set(regions.network):
            return regions.level_set(options.value(), options.output or 0, progress=progress)
        return regions.decision_boundary(progress=progress)


def _write(boundary: Boundary, options: BoundaryOptions, facts: Facts) -> list[str]:
    lines: list[str] = []
    if options.save is not None:
        if boundary.is_bounded.all():
            boundary.save(options.save)
            facts["save"] = str(options.save)
            lines += labeled("saved", str(options.save))
        else:
            facts["save"] = None
            lines += labeled("saved", "nothing, for pieces are unbounded; --box cuts them off")
    if options.figure is not None:
        if options.figure.suffix.lower() == ".html":
            from polytope_engine.plotting import save_html

            save_html(boundary, options.figure)
        else:
            figure = boundary.plot().get_figure(root=True)
            if figure is not None:
                figure.savefig(options.figure, dpi=_DPI, bbox_inches="tight")
        facts["figure"] = str(options.figure)
        lines += labeled("figure", str(options.figure))
    return lines


# -- plain data -----------------------------------------------------------------------------------


def boundary_facts(boundary: Boundary) -> Facts:
    """The numbers of a boundary; an infinite area, and a genus that there is not, are None."""
    d = boundary.dimension
    is_closed = boundary.is_closed_manifold() if d <= 3 else None
    area = boundary.total_area
    return {
        "kind": "decision_boundary" if boundary.value is None else "level_set",
        "title": boundary.title,
        "value": None if boundary.value is None else str(boundary.value),
        "output": boundary.output,
        "dimension": d - 1,
        "n_pieces": len(boundary),
        "n_bounded_pieces": int(boundary.is_bounded.sum()),
        "n_wall_pieces": int(boundary.is_wall.sum()),
        "n_crossed_regions": len(boundary.crossed_regions),
        "n_regions": len(boundary.regions),
        "total_area": area if math.isfinite(area) else None,
        "n_connected_components": boundary.n_connected_components,
        "f_vector": list(boundary.f_vector()),
        "bounded_f_vector": list(boundary.f_vector(bounded=True)),
        "euler_characteristic": boundary.euler_characteristic(),
        "betti_numbers": list(boundary.betti_numbers()),
        "is_closed_manifold": is_closed,
        "genus": boundary.genus() if is_closed and d == 3 else None,
        "n_identical_ties": len({tie.region for tie in boundary.ties}),
        "n_touching": len(boundary.touching),
        "message": boundary.message,
        "n_exact": boundary.n_exact,
    }


# -- lines for a person ---------------------------------------------------------------------------

_FACES = (("vertex", "vertices"), ("edge", "edges"), ("polygon", "polygons"))
_SIZES = {0: "points", 1: "length", 2: "area"}


def boundary_lines(boundary: Facts) -> list[str]:
    """The boundary, in the order of its facts."""
    n, m = boundary["n_pieces"], boundary["dimension"]
    lines = labeled("boundary", boundary["title"])
    if n:
        lines += labeled("pieces", *_piece_rows(boundary))
        if m:
            lines += labeled(_SIZES.get(m, "volume"), _size(boundary))
        lines += labeled("connected", counted(boundary["n_connected_components"], "component"))
    else:
        lines += labeled("pieces", "none")
    if n or boundary["n_touching"]:
        lines += labeled("faces", *_face_rows(boundary))
        lines += labeled("topology", *_topology_rows(boundary))
    if boundary["message"]:
        lines += labeled("note", *boundary["message"].split("; "))
    return lines


def _piece_rows(boundary: Facts) -> list[str]:
    n, crossed = boundary["n_pieces"], boundary["n_crossed_regions"]
    bounded = boundary["n_bounded_pieces"]
    rows = [f"{n:,}, " + ("all bounded" if bounded == n else f"{bounded:,} of them bounded")]
    verb = "is" if crossed == 1 else "are"
    share = 100 * crossed / boundary["n_regions"]
    rows.append(f"{counted(crossed, 'region')} {verb} crossed, {share:.3g} % of all")
    if boundary["n_wall_pieces"]:
        rows.append(f"{counted(boundary['n_wall_pieces'], 'piece')} in walls between regions")
    return rows


def _size(boundary: Facts) -> str:
    total = boundary["total_area"]
    n = boundary["n_pieces"] - boundary["n_bounded_pieces"]
    return (
        f"{total:.6g} in all" if total is not None else f"infinite, that of {counted(n, 'unbounded piece')}"
    )


def _face_rows(boundary: Facts) -> list[str]:
    parts = [
        f"{n:,} of dimension {k}" if k >= len(_FACES) else f"{n:,} {_FACES[k][n != 1]}"
        for k, n in enumerate(boundary["f_vector"])
    ]
    rows = [", ".join(parts)]
    if boundary["bounded_f_vector"] != boundary["f_vector"]:
        rows.append(f"bounded: {', '.join(f'{n:,}' for n in boundary['bounded_f_vector'])}")
    return rows


def _topology_rows(boundary: Facts) -> list[str]:
    betti = ", ".join(map(str, boundary["betti_numbers"]))
    part = "" if boundary["bounded_f_vector"] == boundary["f_vector"] else ", of the bounded faces"
    rows = [
        f"Euler characteristic {boundary['euler_characteristic']}, Betti numbers {betti} over GF(2){part}"
    ]
    if boundary["is_closed_manifold"] and boundary["dimension"] == 2:
        rows.append(f"a closed surface of genus {boundary['genus']}")
    elif boundary["is_closed_manifold"] and boundary["dimension"] == 1:
        rows.append("closed curves" if boundary["n_connected_components"] > 1 else "a closed curve")
    elif boundary["is_closed_manifold"] is False and boundary["dimension"] in (1, 2):
        rows.append("not a closed " + ("curve" if boundary["dimension"] == 1 else "surface"))
    return rows

"""`describe --shape`: what is measured of each region, summarized, written and drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytope_engine.cli.facts import Facts
from polytope_engine.cli.inputs import PICTURES, check_writable
from polytope_engine.cli.progress import watched
from polytope_engine.cli.text import counted, histogram_rows, labeled, quantile_rows
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.polytope.hpolytope import HPolytope
    from polytope_engine.regions.measurements import Measurements
    from polytope_engine.regions.region_set import RegionSet
    from polytope_engine.regions.statistics import NormalAngles

_TABLES = (".csv", ".npz")
# Columns that take long or are wide, and that nothing is printed of.
_ONLY_IN_FILES = ("chebyshev_center", "centroid", "diameter", "surface_area", "aspect")
_MOST_BARS = 12
_DPI = 150
# Sums of rounded volumes this close are shown as equal.
_SAME_VOLUME = 1e-9


@dataclass(frozen=True)
class ShapeOptions:
    """What is measured, and where it goes."""

    is_asked_for: bool
    clip: tuple[float, float] | None
    rule: str
    columns: Path | None
    figure: Path | None

    def check(self, file: Path) -> None:
        """Refuse what could not be measured or written.

        Raises
        ------
        InvalidArgumentError, MissingFileError
            If an option is not what it must be, or a file cannot be written.
        """
        from polytope_engine.polytope.triangulation import RULES

        given = {
            "--clip": self.clip is not None,
            "--rule": self.rule != RULES[0],
            "--columns": self.columns is not None,
            "--figure": self.figure is not None,
        }
        for name, is_given in given.items():
            if is_given and not self.is_asked_for:
                raise InvalidArgumentError(f"{name} is about what --shape measures; add --shape.")
        if self.rule not in RULES:
            raise InvalidArgumentError(f"--rule is {self.rule!r}; it must be {' or '.join(RULES)}.")
        if self.clip is not None:
            low, high = self.clip
            if not (low < high and math.isfinite(low) and math.isfinite(high)):
                raise InvalidArgumentError(
                    f"--clip is {low:g} {high:g}; it must be two finite numbers, the lower one first."
                )
        if self.columns is not None:
            check_writable(self.columns, _TABLES, not_this=file, option="--columns")
        if self.figure is not None:
            check_writable(self.figure, PICTURES, not_this=file, option="--figure")


@dataclass
class ShapeReport:
    """What there is to say of shapes: plain data, lines, and whether Ctrl-C ended it."""

    facts: Facts = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    is_interrupted: bool = False


def measured_columns(regions: RegionSet, options: ShapeOptions, *, quiet: bool) -> Measurements:
    """Measure the regions, cut to the clip: all that is printed, and, if they go to a file, all columns."""
    from polytope_engine.regions.columns import COLUMNS

    names = [name for name in COLUMNS if options.columns is not None or name not in _ONLY_IN_FILES]
    clip = _clip_of(regions, options)
    with watched("measuring regions", quiet=quiet) as progress:
        return regions.measure(*names, clip=clip, rule=options.rule, progress=progress)


def _clip_of(regions: RegionSet, options: ShapeOptions) -> HPolytope | None:
    from polytope_engine.polytope.boxes import box

    return None if options.clip is None else box(*options.clip, dimension=regions.network.input_dim)


def shape_of(regions: RegionSet, columns: Measurements, options: ShapeOptions, *, quiet: bool) -> ShapeReport:
    """Say what was measured, and write what was asked for."""
    from polytope_engine.regions.statistics import normal_angles

    angles = None
    if columns.is_complete:
        with watched("angles between facets", quiet=quiet) as progress:
            angles = normal_angles(regions, clip=_clip_of(regions, options), progress=progress)
    report = ShapeReport(is_interrupted=angles is None or not angles.is_complete)
    try:
        report.facts = shape_facts(regions, columns, angles, options)
        report.lines = shape_lines(report.facts, regions.network.hidden_widths)
        _write(regions, columns, angles, options, report)
    except KeyboardInterrupt:
        report.is_interrupted = True
    if report.is_interrupted:
        n = columns.n_regions
        what = f"shapes are those of the first {n:,} regions" if n < len(regions) else "not all was looked at"
        if options.figure is not None and "figure" not in report.facts:
            what += ", and there is no figure"
        report.lines += labeled("note", f"interrupted: {what}")
    return report


def _write(
    regions: RegionSet,
    columns: Measurements,
    angles: NormalAngles | None,
    options: ShapeOptions,
    report: ShapeReport,
) -> None:
    if options.columns is not None:
        columns.save(options.columns)
        report.facts["columns"] = str(options.columns)
        report.lines += labeled("columns", str(options.columns))
    if options.figure is not None and angles is not None:
        from polytope_engine.plotting import plot_shapes

        figure = plot_shapes(regions, measurements=columns, angles=angles)
        figure.savefig(options.figure, dpi=_DPI)
        report.facts["figure"] = str(options.figure)
        report.lines += labeled("figure", str(options.figure))


# -- plain data -----------------------------------------------------------------------------------


def shape_facts(
    regions: RegionSet, columns: Measurements, angles: NormalAngles | None, options: ShapeOptions
) -> Facts:
    """The shapes of the regions; what is infinite, or has no value, is None."""
    from polytope_engine.regions import statistics

    simplices = statistics.simplices_histogram(regions, options.rule, measurements=columns)
    facets = statistics.facets_per_region(regions, measurements=columns)
    balls = statistics.inradii(regions, measurements=columns)
    volumes = statistics.volumes(regions, measurements=columns)
    return {
        "clip": None if options.clip is None else list(options.clip),
        "rule": options.rule,
        "n_measured": columns.n_regions,
        "n_in_clip": facets.n_regions,
        "complete": facets.is_complete,
        "total_volume": _finite(volumes.total),
        "domain_volume": _finite(volumes.of_domain),
        "n_infinite_volume": volumes.n_infinite,
        "share_of_largest": volumes.share_of_largest(),
        "n_largest_with_half": volumes.n_largest_with(0.5),
        "n_vertices": _spread(columns["n_vertices"][columns["n_facets"] > 0]),
        "simplices_histogram": {str(k): n for k, n in simplices.counts.items()},
        "mean_simplices": _number(simplices.mean),
        "share_of_simplest": simplices.share_of_simplest,
        "n_unbounded": simplices.n_unbounded,
        "mean_facets": _number(facets.mean),
        "n_neuron_facets": facets.n_neuron_facets,
        "n_domain_facets": facets.n_domain_facets,
        "mean_walls": _number(facets.mean_neuron_facets),
        "mean_walls_exact": None if facets.mean_neuron_facets is None else str(facets.mean_neuron_facets),
        "twice_dimension": facets.twice_dimension,
        "inradius_quantiles": {f"{q:g}": radius for q, radius in balls.quantiles.items()},
        "n_infinite_inradius": balls.n_infinite,
        "angles": None if angles is None else _angle_facts(angles),
    }


def _angle_facts(angles: NormalAngles) -> Facts:
    return {
        "n_regions": angles.n_looked_at,
        "mean_within_layer": angles.means_within,
        "mean_across_layers": angles.mean_across,
        "mean_of_random_directions": angles.mean_of_random_directions,
        "edges": angles.edges.tolist(),
        "within_layer": angles.within.tolist(),
        "across_layers": angles.across.tolist(),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _spread(values: Any) -> Facts | None:
    if not len(values):
        return None
    return {"least": int(values.min()), "most": int(values.max()), "mean": float(values.mean())}


# -- lines for a person ---------------------------------------------------------------------------


def shape_lines(shape: Facts, widths: tuple[int, ...]) -> list[str]:
    """The shapes of the regions, in the order of `describe`."""
    lines: list[str] = []
    if not shape["n_measured"]:
        return lines
    if shape["clip"] is not None:
        low, high = shape["clip"]
        n = shape["n_in_clip"]
        meet = "meets" if n == 1 else "meet"
        cube = f"[{low:g}, {high:g}]^{shape['twice_dimension'] // 2}"
        if not n:
            return labeled("clip", f"no region meets {cube}")
        lines += labeled("clip", f"regions are cut to {cube}; {counted(n, 'region')} {meet} it")
    lines += labeled("volume", *_volume_rows(shape))
    vertices = shape["n_vertices"]
    if vertices is not None:
        lines += labeled(
            "vertices",
            f"{vertices['least']:,} to {vertices['most']:,} a region, {vertices['mean']:.2f} on average",
        )
    lines += labeled("simplices", *_simplex_rows(shape))
    lines += labeled("walls", *_wall_rows(shape))
    # without a clip these are the radii that stand above
    if shape["clip"] is not None:
        lines += labeled(
            "inradius", *quantile_rows(shape["inradius_quantiles"], shape["n_infinite_inradius"])
        )
    if shape["angles"] is not None:
        lines += labeled("angles", *_angle_rows(shape["angles"], widths))
    return lines


def _volume_rows(shape: Facts) -> list[str]:
    total, of_domain = shape["total_volume"], shape["domain_volume"]
    place = "the domain" if shape["clip"] is None else "the domain in the clip"
    if total is None:
        return [f"infinite, that of {counted(shape['n_infinite_volume'], 'region')}"]
    rows = [f"{total:.6g} in all"]
    if of_domain is None:
        rows[0] += f"; that of {place} is infinite"
    elif math.isclose(total, of_domain, rel_tol=_SAME_VOLUME):
        rows[0] += f", which is that of {place}"
    elif of_domain:
        rows[0] += f", {100 * total / of_domain:.6g} % of that of {place}"
    if shape["share_of_largest"] is not None:
        n = shape["n_largest_with_half"]
        half = "one region holds" if n == 1 else f"{n:,} regions hold"
        rows.append(f"the largest region holds {100 * shape['share_of_largest']:.2g} %, {half} half of it")
    return rows


def _simplex_rows(shape: Facts) -> list[str]:
    counts = shape["simplices_histogram"]
    n = sum(counts.values())
    if not n:
        return ["no region is bounded"]
    rows = [f"by the {shape['rule']} rule, {shape['mean_simplices']:.4g} on average:"]
    if shape["n_unbounded"]:
        rows.append(f"{counted(shape['n_unbounded'], 'unbounded region')} left out; --clip cuts them off")
    rows += histogram_rows(dict(list(counts.items())[:_MOST_BARS]), n)
    n_more = sum(list(counts.values())[_MOST_BARS:])
    if n_more:
        rows.append(f"{counted(n_more, 'region')} of up to {int(list(counts)[-1]):,}")
    return rows


def _wall_rows(shape: Facts) -> list[str]:
    if shape["mean_walls"] is None:
        return ["no region"]
    rows = [f"{shape['mean_walls']:.4f} facets in the interior of the domain on average; 2d is "]
    rows[0] += f"{shape['twice_dimension']}"
    if shape["complete"]:
        n_walls = shape["n_neuron_facets"] // 2
        rows.append(
            f"two for each wall: 2 x {n_walls:,} / {shape['n_in_clip']:,} = {shape['mean_walls_exact']}"
        )
    if shape["n_domain_facets"]:
        rows.append(f"{shape['mean_facets']:.4f} with the boundary's {shape['n_domain_facets']:,} facets")
    return rows


def _angle_rows(angles: Facts, widths: tuple[int, ...]) -> list[str]:
    rows = [
        f"mean |cos| between normals of facets of a region, over {counted(angles['n_regions'], 'region')}:"
    ]
    parts = [
        f"{mean:.3f} within layer {layer}"
        for layer, mean in enumerate(angles["mean_within_layer"][: len(widths)])
        if mean is not None
    ]
    if angles["mean_across_layers"] is not None:
        parts.append(f"{angles['mean_across_layers']:.3f} across layers")
    rows.append(", ".join(parts) if parts else "no region has two facets")
    rows.append(f"{angles['mean_of_random_directions']:.3f} for random directions")
    return rows

"""`graph`: how the regions of a network fit together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polytope_engine.cli.describe import exit_of, source
from polytope_engine.cli.exit_codes import INTERRUPTED
from polytope_engine.cli.facts import Facts
from polytope_engine.cli.inputs import PICTURES, check_writable
from polytope_engine.cli.progress import watched
from polytope_engine.cli.search import SearchOptions, regions_facts, regions_of, say
from polytope_engine.cli.text import counted, histogram_rows, labeled
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.regions.outcome import Status

if TYPE_CHECKING:
    from polytope_engine.complexes.diameter import Diameter
    from polytope_engine.complexes.region_graph import RegionGraph
    from polytope_engine.network.relu_network import ReLUNetwork
    from polytope_engine.regions.region_set import RegionSet

_MOST_BARS = 12
_MOST_STEPS = 40
_DPI = 150


@dataclass(frozen=True)
class GraphOptions:
    """What else is asked of the graph."""

    start: str | None
    end: str | None
    figure: Path | None
    save: Path | None

    def check(self, file: Path) -> None:
        """Refuse what could not be done.

        Raises
        ------
        InvalidArgumentError, MissingFileError
            If a point is given without the other, or a file could not be written.
        """
        if (self.start is None) != (self.end is None):
            given, missing = ("--from", "--to") if self.end is None else ("--to", "--from")
            raise InvalidArgumentError(f"{given} needs {missing} beside it: a path has two ends.")
        if self.figure is not None:
            check_writable(self.figure, PICTURES, not_this=file, option="--figure")
        if self.save is not None:
            check_writable(self.save, (".graphml",), not_this=file, option="--save")

    def check_points(self, network: ReLUNetwork) -> None:
        """Refuse points that are none of this network's inputs.

        Raises
        ------
        InvalidArgumentError
            If a point is not as many numbers as the network has inputs.
        """
        self.points(network)

    def points(self, network: ReLUNetwork) -> list[tuple[str, list[float]]]:
        """The ends of the path, each with the name of its option; none if there is no path to find."""
        given = (("--from", self.start), ("--to", self.end))
        return [(name, _point(name, text, network.input_dim)) for name, text in given if text is not None]


def _point(name: str, text: str, d: int) -> list[float]:
    try:
        point = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        point = []
    if len(point) != d or not np.isfinite(point).all():
        raise InvalidArgumentError(
            f'{name} is "{text}"; it must be {counted(d, "finite number")}, one for each input, with commas between.'
        )
    return point


def run_graph(file: Path, search: SearchOptions, options: GraphOptions, *, as_json: bool) -> int:
    """Say how the regions in a file, or those of the network in it, fit together; the exit code."""
    options.check(file)
    regions, was_saved = regions_of(file, search, quiet=as_json, check=options.check_points)
    facts = {"command": "graph", **regions_facts(regions, source(file, was_saved))}
    if regions.status is Status.INTERRUPTED and not was_saved:
        facts["interrupted"] = True
        say(facts, *labeled("note", "interrupted: their walls were not looked for"), as_json=as_json)
        return INTERRUPTED
    ends = _located(regions, options)
    try:
        graph, n_domain_facets, diameter = _found(regions, quiet=as_json)
    except KeyboardInterrupt:
        facts |= {"graph": None, "interrupted": True}
        say(facts, *labeled("note", "interrupted: there is no graph"), as_json=as_json)
        return INTERRUPTED
    facts["graph"] = graph_facts(graph, n_domain_facets, diameter)
    lines = graph_lines(facts["graph"])
    if not regions.status.is_complete:
        lines += labeled("note", "regions are missing: all of this is about those that were found")
    if diameter.is_interrupted:
        facts["interrupted"] = True
        lines += labeled("note", "interrupted: the bounds on the diameter may be far apart")
    if ends:
        lines += _say_path(graph, ends, facts["graph"])
    try:
        lines += _write(graph, options, facts["graph"], quiet=as_json)
    except KeyboardInterrupt:
        facts["interrupted"] = True
        say(facts, *lines, *labeled("note", "interrupted: not every file was written"), as_json=as_json)
        return INTERRUPTED
    say(facts, *lines, as_json=as_json)
    return INTERRUPTED if diameter.is_interrupted else exit_of(regions, was_saved)


def _located(regions: RegionSet, options: GraphOptions) -> list[int]:
    from polytope_engine.complexes.region_graph import located

    return [located(regions, point, name) for name, point in options.points(regions.network)]


def _found(regions: RegionSet, *, quiet: bool) -> tuple[RegionGraph, int, Diameter]:
    """The graph, the number of facets on the domain's boundary, and the diameter."""
    with watched("finding walls", quiet=quiet) as progress:
        graph = regions.graph(progress=progress)
    n_domain_facets = 0
    if regions.domain is not None:
        with watched("measuring regions", quiet=quiet) as progress:
            columns = regions.measure("n_domain_facets", progress=progress)
        if not columns.is_complete:
            raise KeyboardInterrupt
        n_domain_facets = int(columns["n_domain_facets"].sum())
    with watched("looking for the diameter", quiet=quiet) as progress:
        return graph, n_domain_facets, graph.diameter(progress=progress)


# -- plain data -----------------------------------------------------------------------------------


def graph_facts(graph: RegionGraph, n_domain_facets: int, diameter: Diameter) -> Facts:
    """The graph in numbers."""
    degrees = graph.degrees
    numbers, counts = np.unique(degrees, return_counts=True)
    mean = Fraction(2 * len(graph.walls), len(degrees)) if len(degrees) else None
    sizes = np.bincount(graph.connected_components())
    return {
        "n_walls": len(graph.walls),
        "n_domain_facets": n_domain_facets,
        "smallest_degree": int(numbers[0]) if len(numbers) else None,
        "mean_degree": None if mean is None else float(mean),
        "mean_degree_exact": None if mean is None else str(mean),
        "largest_degree": int(numbers[-1]) if len(numbers) else None,
        "degree_histogram": dict(zip(map(str, numbers.tolist()), counts.tolist(), strict=True)),
        "n_components": len(sizes),
        "largest_component": int(sizes.max(initial=0)),
        "diameter_lower": diameter.lower,
        "diameter_upper": diameter.upper,
        "diameter_is_exact": diameter.is_exact,
        "farthest_regions": None if diameter.ends is None else list(diameter.ends),
        "n_searches": diameter.n_searches,
    }


def path_facts(graph: RegionGraph, start: int, end: int) -> Facts:
    """A shortest path: its regions, and all neurons of each wall between them."""
    path = graph.shortest_path(start, end)
    return {
        "regions": path.regions.tolist(),
        "walls": [[list(label[1:]) for label in graph.walls.labels(int(wall))] for wall in path.walls],
    }


# -- lines for a person ---------------------------------------------------------------------------


def graph_lines(facts: Facts) -> list[str]:
    """The graph in words."""
    n_facets = facts["n_domain_facets"]
    walls = [f"{facts['n_walls']:,}, each a facet of two regions"]
    if n_facets:
        lie = "lies" if n_facets == 1 else "lie"
        walls.append(f"{counted(n_facets, 'more facet')} {lie} on the boundary of the domain")
    lines = labeled("walls", *walls)
    if facts["mean_degree"] is not None:
        lines += labeled("degrees", *_degree_rows(facts))
    n = facts["n_components"]
    pieces = "connected" if n == 1 else f"the largest of {counted(facts['largest_component'], 'region')}"
    lines += labeled("components", f"{n:,}, {pieces}" if n else "none")
    if facts["farthest_regions"] is not None:
        lines += labeled("diameter", *_diameter_rows(facts))
    return lines


def _degree_rows(facts: Facts) -> list[str]:
    low, high = facts["smallest_degree"], facts["largest_degree"]
    counts: dict[str, int] = facts["degree_histogram"]
    rows = histogram_rows(dict(list(counts.items())[:_MOST_BARS]), sum(counts.values()))
    if len(counts) > _MOST_BARS:
        rest = sum(list(counts.values())[_MOST_BARS:])
        rows.append(f"{counted(rest, 'region')} of more walls, the most is {high:,}")
    exact = "" if "/" not in facts["mean_degree_exact"] else f" = {facts['mean_degree_exact']}"
    return [
        f"{low:,} to {high:,} walls of a region, on average {facts['mean_degree']:.4g}{exact}",
        *rows,
    ]


def _diameter_rows(facts: Facts) -> list[str]:
    lower, upper, (a, b) = facts["diameter_lower"], facts["diameter_upper"], facts["farthest_regions"]
    if facts["diameter_is_exact"]:
        return [f"{lower:,}, as from region {a} to region {b}"]
    return [
        f"between {lower:,} and {upper:,}, proven bounds; searches made: {facts['n_searches']:,}",
        f"regions {a} and {b} are {lower:,} apart",
    ]


def _say_path(graph: RegionGraph, ends: list[int], facts: Facts) -> list[str]:
    """The path between two regions, as lines; the facts get it too."""
    start, end = ends
    components = graph.connected_components()
    if components[start] != components[end]:
        facts["path"] = None
        return labeled("path", f"none from region {start} to region {end} among the regions that were found")
    path = facts["path"] = path_facts(graph, start, end)
    n = len(path["walls"])
    rows = [f"{counted(n, 'wall')} from region {start} to region {end}"]
    for wall, region in list(zip(path["walls"], path["regions"][1:], strict=True))[:_MOST_STEPS]:
        neurons = ", ".join(f"neuron {i} of layer {layer}" for layer, i in wall)
        rows.append(f"across {neurons} to region {region}")
    if n > _MOST_STEPS:
        rows.append(f"and so on; --json prints all {n:,}")
    return labeled("path", *rows)


# -- files ----------------------------------------------------------------------------------------


def _write(graph: RegionGraph, options: GraphOptions, facts: Facts, *, quiet: bool) -> list[str]:
    """Write what was asked for; the lines that say so."""
    lines = []
    if options.save is not None:
        with watched("writing the graph", quiet=quiet):
            graph.save_graphml(options.save)
        facts["saved"] = str(options.save)
        lines += labeled("saved", str(options.save))
    if options.figure is not None:
        draw(graph, options.figure)
        facts["figure"] = str(options.figure)
        lines += labeled("figure", str(options.figure))
    return lines


def draw(graph: RegionGraph, out: Path) -> None:
    """Draw the graph over the regions in the plane; elsewhere the histogram of degrees."""
    from polytope_engine.plotting import plot_degrees, plot_regions

    network = graph.regions.network
    if network.input_dim == 2:
        axes = plot_regions(
            graph.regions, color="output" if network.output_dim else "random", adjacency=graph
        )
    else:
        axes = plot_degrees(graph)
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.savefig(out, dpi=_DPI, bbox_inches="tight")

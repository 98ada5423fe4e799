"""`plot`: a picture of the regions of a network with two inputs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytope_engine.cli.describe import exit_of, source
from polytope_engine.cli.exit_codes import INTERRUPTED
from polytope_engine.cli.inputs import PICTURES, check_writable
from polytope_engine.cli.search import SearchOptions, regions_facts, regions_of, say
from polytope_engine.cli.text import labeled
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.regions.region_set import RegionSet

_LEAST_INCHES = 3.0
_MOST_INCHES = 60.0


@dataclass(frozen=True)
class PictureOptions:
    """What the picture shows, and how large it is."""

    out: Path
    view: tuple[float, float] | None
    color: str
    output: str
    bent_hyperplanes: bool
    legend: bool
    title: str | None
    size: tuple[float, float]
    dpi: int

    def chosen_output(self) -> int | tuple[int, int]:
        """The output to color by.

        Raises
        ------
        InvalidArgumentError
            If `--output` is neither a number nor a difference.
        """
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", self.output)
        if match is None:
            raise InvalidArgumentError(
                f"--output is {self.output!r}; it must be a number, as in 0, or a difference, as in 1-0."
            )
        first, second = match.groups()
        return int(first) if second is None else (int(first), int(second))

    def check(self) -> None:
        """Refuse what could not be drawn.

        Raises
        ------
        InvalidArgumentError
            If the size or the view is not what it must be.
        """
        if not all(_LEAST_INCHES <= side <= _MOST_INCHES for side in self.size):
            raise InvalidArgumentError(
                f"--size is {self.size[0]:g} {self.size[1]:g}; both must be "
                f"{_LEAST_INCHES:g} to {_MOST_INCHES:g} inches."
            )
        if self.view is not None:
            low, high = self.view
            if not (low < high and math.isfinite(low) and math.isfinite(high)):
                raise InvalidArgumentError(
                    f"--view is {low:g} {high:g}; it must be two finite numbers, the lower one first."
                )


def run_plot(file: Path, search: SearchOptions, picture: PictureOptions, *, as_json: bool) -> int:
    """Draw the regions in a file, or those of the network in it; the exit code."""
    from polytope_engine.plotting import check_options

    picture.check()
    check_writable(picture.out, PICTURES, not_this=file)
    output = picture.chosen_output()
    regions, was_saved = regions_of(
        file,
        search,
        quiet=as_json,
        check=lambda network: check_options(network, picture.color, output),
    )
    facts = {"command": "plot", **regions_facts(regions, source(file, was_saved))}
    try:
        draw(regions, picture)
    except KeyboardInterrupt:
        say(facts, *labeled("note", "interrupted: there is no picture"), as_json=as_json)
        return INTERRUPTED
    facts["out"] = str(picture.out)
    say(facts, *labeled("picture", str(picture.out)), as_json=as_json)
    return exit_of(regions, was_saved)


def draw(regions: RegionSet, picture: PictureOptions) -> None:
    """Write the picture."""
    from polytope_engine.plotting import new_axes, plot_regions

    color: Any = picture.color
    axes = plot_regions(
        regions,
        new_axes(picture.size),
        color=color,
        output=picture.chosen_output(),
        bounds=picture.view,
        bent_hyperplanes=picture.bent_hyperplanes,
        legend=picture.legend,
    )
    if picture.title is not None:
        axes.set_title(picture.title, loc="left")
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.savefig(picture.out, dpi=picture.dpi, bbox_inches="tight")

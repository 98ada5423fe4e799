"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NetworkFile = Annotated[
    Path,
    typer.Argument(
        metavar="NETWORK",
        help="Network file: .npz (arrays W0, b0, W1, ...), .pt or .pth (state dict), .nnet, or .onnx.",
        show_default=False,
    ),
]
NetworkOrRegionsFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Network file (.npz, .pt, .pth, .nnet, .onnx), or regions saved by `enumerate --out` (.npz).",
        show_default=False,
    ),
]
Activation = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="For .pt and .pth, which do not say what the activations are: relu, leaky_relu:0.01, or prelu.",
    ),
]
NormalizeInputs = Annotated[
    bool,
    typer.Option(
        "--normalize-inputs",
        help="For .nnet: compose the normalization of the file's header with the network, for raw inputs.",
    ),
]
Box = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="LOWER UPPER", help="Domain: the cube with these bounds for every input."),
]
Lower = Annotated[
    str | None,
    typer.Option(
        metavar='"A,B,..."', help="Domain: a box; its lower bound for each input. Goes with --upper."
    ),
]
Upper = Annotated[
    str | None,
    typer.Option(
        metavar='"A,B,..."', help="Domain: a box; its upper bound for each input. Goes with --lower."
    ),
]
WholeSpace = Annotated[bool, typer.Option("--whole-space", help="Domain: all of R^d. This is the default.")]
Method = Annotated[
    str,
    typer.Option(
        metavar="auto|lp|vertex",
        help="How cuts are decided: by linear programs or at vertices; auto takes the faster way.",
    ),
]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help="Threads; all cores by default.")
]
MaxRegions = Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop when N regions are found.")]
TimeLimit = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Stop after about this many seconds.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout, and nothing else.")]
Shape = Annotated[
    bool,
    typer.Option(
        "--shape",
        help="Measure each region, too: volume, vertices, simplices, facets, inscribed ball, angles.",
    ),
]
Clip = Annotated[
    tuple[float, float] | None,
    typer.Option(
        metavar="LOWER UPPER",
        help="With --shape: cut every region to the cube with these bounds before it is measured.",
    ),
]
Rule = Annotated[
    str,
    typer.Option(metavar="pulling|delaunay", help="With --shape: how regions are cut into simplices."),
]
Columns = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="With --shape: write what is measured of each region, as .csv or .npz."
    ),
]
ShapeFigure = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --shape: draw the histograms on a page, as .png, .pdf or .svg."),
]
PathStart = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar='"A,B,..."',
        help="Find a shortest path from the region of this point. Goes with --to.",
    ),
]
PathEnd = Annotated[
    str | None, typer.Option("--to", metavar='"A,B,..."', help="The point where the path ends.")
]
GraphFigure = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw the graph over the regions of a network with two inputs, else a histogram of degrees, as .png, "
        ".pdf or .svg.",
    ),
]
GraphML = Annotated[
    Path | None,
    typer.Option(metavar="FILE.graphml", help="Write the graph, for Gephi, Cytoscape, networkx or igraph."),
]

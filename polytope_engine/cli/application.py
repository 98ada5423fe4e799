"""The commands, and what each takes; their docstrings are what `--help` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polytope_engine import __version__
from polytope_engine.cli import options as the
from polytope_engine.cli.exit_codes import EXPLANATION
from polytope_engine.cli.failures import OneLineFailures
from polytope_engine.cli.inputs import DomainOptions, NetworkOptions
from polytope_engine.errors import InvalidArgumentError

application = typer.Typer(
    cls=OneLineFailures,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help=f"""
    Exact geometry of ReLU networks: which regions a network has, proven.

    \b
    First steps:
      polytope-engine demo
      polytope-engine count net.npz --box -1 1
      polytope-engine plot net.npz --box -1 1 --out regions.png

    {EXPLANATION}
    """,
)


@application.callback(invoke_without_command=True)
def _without_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"polytope-engine {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@application.command(epilog=EXPLANATION)
def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the picture goes; made if it is not there.")
    ] = Path("polytope_engine_demo"),
    as_json: the.AsJson = False,
) -> None:
    """Show what this program does, on the two networks that ship with it.

    Counts and describes the regions of both, and draws those of the one with two inputs.

    \b
    Example:
      polytope-engine demo
    """
    from polytope_engine.cli.demo import run_demo

    raise typer.Exit(run_demo(out, as_json=as_json))


@application.command(epilog=EXPLANATION)
def count(
    network: the.NetworkFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    sign_cells: Annotated[
        bool,
        typer.Option(
            "--sign-cells",
            help="Count the cells of every dimension, too, and the regions by each definition; for small networks.",
        ),
    ] = False,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="With --sign-cells: count the cells in the domain's boundary, too."),
    ] = False,
    time_limit: the.TimeLimit = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz",
            help="Keep what is left to search in this file, and go on from it if it is there.",
            show_default=False,
        ),
    ] = None,
    statistics: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Also tally these columns, as in n_facets,volume; regions are measured, which takes longer.",
            show_default=False,
        ),
    ] = None,
    method: the.Method = "auto",
    workers: the.Workers = None,
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Count the regions of a network, without keeping them.

    Regions are the full-dimensional cells of the domain on which every hidden neuron has one sign. The domain
    is all of R^d unless an option says otherwise.

    With --sign-cells, also the cells without interior: how many of each dimension, how many of them are bounded,
    their Euler characteristic, and how many activation patterns occur anywhere.

    \b
    Examples:
      polytope-engine count net.npz
      polytope-engine count net.npz --box -1 1
      polytope-engine count net.npz --lower "-1,0" --upper "1,5" --time-limit 60 --json
      polytope-engine count model.pt --activation relu --box 0 1
      polytope-engine count large.npz --box 0 1 --checkpoint large_count.npz
      polytope-engine count small.npz --sign-cells
      polytope-engine count small.npz --sign-cells --box -1 1 --closed
    """
    from polytope_engine.cli.search import SearchOptions, run_count
    from polytope_engine.cli.sign_cells import run_sign_cells

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        None,
        time_limit,
        method,
        workers,
        statistics,
    )
    if sign_cells:
        if checkpoint is not None or workers is not None or statistics is not None:
            raise InvalidArgumentError(
                "--checkpoint, --workers and --statistics are about regions; leave them out with --sign-cells."
            )
        raise typer.Exit(run_sign_cells(network, search, closed=closed, as_json=as_json))
    if closed:
        raise InvalidArgumentError("--closed is about cells in the domain's boundary; add --sign-cells.")
    raise typer.Exit(run_count(network, search, checkpoint, as_json=as_json))


@application.command("enumerate", epilog=EXPLANATION)
def enumerate_(
    network: the.NetworkFile,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE.npz", help="Where the regions go; an older file is replaced.", show_default=False
        ),
    ],
    proof: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.proof", help="Also write the proof, step by step, for `check`.", show_default=False
        ),
    ] = None,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    max_regions: the.MaxRegions = None,
    time_limit: the.TimeLimit = None,
    method: the.Method = "auto",
    workers: the.Workers = None,
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Find every region of a network, and save them.

    The file keeps the network, the domain, and each region's signs and interior point. Python's
    polytope_engine.load_regions reads it, and so do `describe` and `plot`. What is found before a limit or
    Ctrl-C is saved too, and marked as incomplete.

    \b
    Example:
      polytope-engine enumerate net.npz --box -1 1 --out regions.npz
    """
    from polytope_engine.cli.search import SearchOptions, run_enumerate

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        max_regions,
        time_limit,
        method,
        workers,
    )
    raise typer.Exit(run_enumerate(network, out, search, proof, as_json=as_json))


@application.command(epilog=EXPLANATION)
def describe(
    file: the.NetworkOrRegionsFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    max_regions: the.MaxRegions = None,
    time_limit: the.TimeLimit = None,
    method: the.Method = "auto",
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    shape: the.Shape = False,
    clip: the.Clip = None,
    rule: the.Rule = "pulling",
    columns: the.Columns = None,
    figure: the.ShapeFigure = None,
    as_json: the.AsJson = False,
) -> None:
    """Describe the regions of a network: how many, facets, sizes, dead and always active neurons.

    FILE is a network, whose regions are found first, or a file that `enumerate --out` wrote.

    \b
    Examples:
      polytope-engine describe net.npz --box -1 1
      polytope-engine describe regions.npz
      polytope-engine describe regions.npz --shape --clip -1 1 --columns shapes.csv --figure shapes.png
    """
    from polytope_engine.cli.describe import run_describe
    from polytope_engine.cli.search import SearchOptions
    from polytope_engine.cli.shape import ShapeOptions

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        max_regions,
        time_limit,
        method,
    )
    measured = ShapeOptions(shape, clip, rule, columns, figure)
    raise typer.Exit(run_describe(file, search, measured, as_json=as_json))


@application.command(epilog=EXPLANATION)
def plot(
    file: the.NetworkOrRegionsFile,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="The picture: .png, .pdf or .svg; an older file is replaced.",
            show_default=False,
        ),
    ],
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    view: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOWER UPPER",
            help="Bounds of what is shown, for both inputs. By default the domain, or where the facets meet.",
        ),
    ] = None,
    color: Annotated[
        str, typer.Option(metavar="output|random", help="Color by the network's output, or at random.")
    ] = "output",
    output: Annotated[
        str,
        typer.Option(metavar="K|I-J", help="Which output, counted from 0; 1-0 is output 1 minus output 0."),
    ] = "0",
    bent_hyperplanes: Annotated[
        bool,
        typer.Option("--bent-hyperplanes/--no-bent-hyperplanes", help="Draw the neurons' bent hyperplanes."),
    ] = True,
    legend: Annotated[bool, typer.Option("--legend/--no-legend", help="Explain the line styles.")] = True,
    title: Annotated[str | None, typer.Option(help="Title of the picture.")] = None,
    size: Annotated[tuple[float, float], typer.Option(metavar="WIDTH HEIGHT", help="Size in inches.")] = (
        7.2,
        6.4,
    ),
    dpi: Annotated[int, typer.Option(min=20, max=2400, help="Pixels an inch.")] = 150,
    max_regions: the.MaxRegions = None,
    time_limit: the.TimeLimit = None,
    method: the.Method = "auto",
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Draw the regions of a network with two inputs.

    FILE is a network, whose regions are found first, or a file that `enumerate --out` wrote. Colors show the
    network's output; lines are the bent hyperplanes of its neurons, with a line style for each layer.

    \b
    Examples:
      polytope-engine plot net.npz --box -1 1 --out regions.png
      polytope-engine plot classifier.npz --box -3 3 --output 1-0 --out boundary.pdf
      polytope-engine plot net.npz --view -10 10 --color random --out all.png
    """
    from polytope_engine.cli.plot import PictureOptions, run_plot
    from polytope_engine.cli.search import SearchOptions

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        max_regions,
        time_limit,
        method,
    )
    picture = PictureOptions(out, view, color, output, bent_hyperplanes, legend, title, size, dpi)
    raise typer.Exit(run_plot(file, search, picture, as_json=as_json))


@application.command(epilog=EXPLANATION)
def graph(
    file: the.NetworkOrRegionsFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    start: the.PathStart = None,
    end: the.PathEnd = None,
    figure: the.GraphFigure = None,
    save: the.GraphML = None,
    max_regions: the.MaxRegions = None,
    time_limit: the.TimeLimit = None,
    method: the.Method = "auto",
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Say how the regions of a network fit together: walls, degrees, components, diameter, shortest paths.

    FILE is a network, whose regions are found first, or a file that `enumerate --out` wrote. Two regions are
    adjacent if they share a facet, a wall. The diameter of a large graph is given by proven bounds.

    \b
    Examples:
      polytope-engine graph net.npz --box -1 1
      polytope-engine graph net.npz --box -1 1 --figure graph.png --save graph.graphml
      polytope-engine graph regions.npz --from "-0.5,0.2" --to "0.9,0.1"
    """
    from polytope_engine.cli.graph import GraphOptions, run_graph
    from polytope_engine.cli.search import SearchOptions

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        max_regions,
        time_limit,
        method,
    )
    raise typer.Exit(run_graph(file, search, GraphOptions(start, end, figure, save), as_json=as_json))


@application.command(epilog=EXPLANATION)
def bounds(
    network: the.NetworkFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    count: Annotated[
        bool,
        typer.Option("--count/--no-count", help="Count the regions, too, and divide the bounds by them."),
    ] = True,
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", help="Stop counting after about this many seconds.")
    ] = 60.0,
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """List the published bounds that apply to a network, beside its exact number of regions.

    Upper bounds hold for this network, by its widths, the ranks of its weights, its biases and its domain. Lower
    bounds hold for the best ReLU network of the same widths, which this one need not be.

    \b
    Examples:
      polytope-engine bounds net.npz
      polytope-engine bounds net.npz --box -1 1 --json
      polytope-engine bounds wide.onnx --no-count
    """
    from polytope_engine.cli.bounds import run_bounds
    from polytope_engine.cli.search import SearchOptions

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        None,
        time_limit,
        "auto",
    )
    raise typer.Exit(run_bounds(network, search, count=count, as_json=as_json))


@application.command(epilog=EXPLANATION)
def estimate(
    network: the.NetworkFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    samples: Annotated[int, typer.Option(metavar="N", min=2, help="Random points.")] = 10_000,
    chords: Annotated[int, typer.Option(metavar="N", min=0, help="Random lines; 0 for none.")] = 200,
    steps: Annotated[
        int, typer.Option(metavar="N", min=0, help="Regions sampled on a random walk; 0 for no walk.")
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same answer.")] = 0,
    time_limit: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long the exact count may take; 0 for none."),
    ] = 10.0,
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Estimate the number of regions from random points, lines and walks, beside the exact number.

    The domain must be bounded. Every estimate comes with a 95 % interval, as far as its assumptions hold, which
    volumes of regions rarely do: the table shows how far off each one is.

    \b
    Examples:
      polytope-engine estimate net.npz --box -1 1
      polytope-engine estimate net.npz --box -1 1 --samples 100000 --seed 7 --steps 500
    """
    from polytope_engine.cli.estimate import EstimateOptions, run_estimate

    domain = DomainOptions(box, lower, upper, whole_space=False)
    options = EstimateOptions(samples, chords, steps, seed, time_limit)
    raise typer.Exit(
        run_estimate(network, domain, NetworkOptions(activation, normalize_inputs), options, as_json=as_json)
    )


@application.command(epilog=EXPLANATION)
def library(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help='A network, such as hat or "resonance(4)"; parameters need not be those listed.',
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", help="Save the network, for the other commands; an older file is replaced."
        ),
    ] = None,
    as_json: the.AsJson = False,
) -> None:
    """List the networks whose numbers of regions are known, or show one of them.

    Without NAME: a table of names, shapes (inputs, widths, outputs), known numbers of regions and of bounded ones
    in all of R^d. With NAME: everything known of that network, and where it is from.

    \b
    Examples:
      polytope-engine library
      polytope-engine library "resonance(4)"
      polytope-engine library "shi(5)" --out shi.npz
    """
    from polytope_engine.cli.library import run_library

    raise typer.Exit(run_library(name, out, as_json=as_json))


@application.command(
    epilog="Exit codes: 0 proven; 1 refused, with the first step that fails; 2 bad input or options."
)
def check(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A recorded proof, or regions saved by `enumerate --out`."),
    ],
    network: Annotated[
        Path | None,
        typer.Option(metavar="NETWORK", help="The network that the file must be about.", show_default=False),
    ] = None,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: Annotated[
        bool, typer.Option("--whole-space", help="The file must be about all of R^d.")
    ] = False,
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Verify a proof or a saved region set, in integers, without the search that made it.

    A proof is followed step by step. Of a region set every region is verified, and that no wall of one leads
    out of the set; that takes longer, and needs no proof. With --network, and a domain option, the file must
    be about that network in that domain.

    \b
    Examples:
      polytope-engine check net.proof
      polytope-engine check regions.npz --network net.npz --box -1 1
    """
    from polytope_engine.cli.check import run_check

    domain = DomainOptions(box, lower, upper, whole_space)
    options = NetworkOptions(activation, normalize_inputs)
    raise typer.Exit(run_check(file, network, domain, options, as_json=as_json))


@application.command(epilog=EXPLANATION)
def boundary(
    file: the.NetworkOrRegionsFile,
    box: the.Box = None,
    lower: the.Lower = None,
    upper: the.Upper = None,
    whole_space: the.WholeSpace = False,
    level: Annotated[
        str | None,
        typer.Option(metavar="V", help="Where an output is V, a number or a fraction, exactly as written."),
    ] = None,
    output: Annotated[
        int | None, typer.Option(metavar="K", help="Which output, counted from 0; --level is 0 by default.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw it, as .png, .pdf or .svg; a surface also as .html."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the polygons of a surface in R^3, as .ply or .obj."),
    ] = None,
    max_regions: the.MaxRegions = None,
    time_limit: the.TimeLimit = None,
    method: the.Method = "auto",
    activation: the.Activation = None,
    normalize_inputs: the.NormalizeInputs = False,
    as_json: the.AsJson = False,
) -> None:
    """Find the decision boundary of a classifier, or a level set of an output, exactly.

    FILE is a network, whose regions are found first, or a file that `enumerate --out` wrote. With two or more
    outputs, and neither --level nor --output, it is where the largest output changes; otherwise where an output
    has the value of --level. The boundary consists of flat pieces; it says how many, how large, and how they
    hang together.

    \b
    Examples:
      polytope-engine boundary classifier.npz --box -3 3 --figure boundary.png
      polytope-engine boundary distance.npz --box -1 1 --level 0 --save surface.ply --figure surface.html
    """
    from polytope_engine.cli.boundary import BoundaryOptions, run_boundary
    from polytope_engine.cli.search import SearchOptions

    search = SearchOptions(
        DomainOptions(box, lower, upper, whole_space),
        NetworkOptions(activation, normalize_inputs),
        max_regions,
        time_limit,
        method,
    )
    options = BoundaryOptions(level, output, figure, save)
    raise typer.Exit(run_boundary(file, search, options, as_json=as_json))


@application.command(epilog=EXPLANATION)
def study(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Which; without it, they are listed.", show_default=False),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer and smaller networks: under a minute.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of everything random.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the page, its figures and numbers go; by default study_NAME here.",
            show_default=False,
        ),
    ] = None,
    as_json: the.AsJson = False,
) -> None:
    """Run an experiment that puts exact numbers beside bounds and estimates, and write a page about it.

    The folder holds index.html, the figures as .png and .pdf, and study.json with all numbers.

    \b
    Examples:
      polytope-engine study
      polytope-engine study depth --quick
    """
    from polytope_engine.cli.study import run_study

    raise typer.Exit(run_study(name, out, seed, quick=quick, as_json=as_json))

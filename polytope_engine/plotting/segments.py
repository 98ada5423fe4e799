"""A picture of the network along a segment: its outputs, and where the neurons of each layer change sign."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from polytope_engine.complexes.segments.segment_regions import SegmentRegions
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.plotting.figure import new_axes
from polytope_engine.plotting.palette import line_style

_SIZE = (7.2, 4.4)
_MOST_OUTPUTS = 6
# Of the height of the data: a row of ticks, and what is left between two rows.
_ROW, _GAP = 0.055, 0.02


def plot_segment(
    segment: SegmentRegions, ax: Axes | None = None, *, outputs: Sequence[int] | None = None
) -> Axes:
    """Draw outputs along a segment, with a row of ticks for the breakpoints of each layer below.

    Parameters
    ----------
    segment : SegmentRegions
        The regions along a segment.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default, which is ``ax.figure`` of the result.
    outputs : sequence of int, optional
        Which outputs, counted from 0; by default the first six.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidArgumentError
        If there is no such output, or `segment` is no SegmentRegions.

    Notes
    -----
    A breakpoint belongs to the first layer that has a neuron which vanishes there.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> net = pe.library.sawtooth(3).network
    >>> ax = plot_segment(pe.regions_on_segment(net, [0], [1]))
    >>> ax.get_xlabel()
    'position t on the segment'
    """
    chosen = _checked(segment, outputs)
    ax = new_axes(_SIZE) if ax is None else ax
    t, y = segment.breakpoints, segment.outputs[:, chosen]
    for k, output in enumerate(chosen):
        style = line_style(k)
        ax.plot(
            t,
            y[:, k],
            color=style.color,
            linewidth=max(style.width, 1.1),
            linestyle=style.dashes,
            label=f"output {output}",
        )
    low, high = (float(y.min()), float(y.max())) if y.size else (0.0, 1.0)
    height = high - low or 1.0
    _draw_ticks(segment, ax, low - 0.04 * height, height)
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("position t on the segment")
    ax.set_ylabel("output")
    ax.set_title(f"{segment.n_regions:,} regions, {segment.n_crossings:,} changes of sign", fontsize="medium")
    if len(chosen) > 1:
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.14),
            ncols=min(len(chosen), 6),
            frameon=False,
            fontsize="small",
        )
    return ax


def _checked(segment: object, outputs: Sequence[int] | None) -> list[int]:
    if not isinstance(segment, SegmentRegions):
        raise InvalidArgumentError(
            f"`segment` has type {type(segment).__name__}; it must be a SegmentRegions, as regions_on_segment returns.",
            segment=segment,
        )
    n_out = segment.network.output_dim
    if outputs is None:
        return list(range(min(n_out, _MOST_OUTPUTS)))
    asked = np.asarray(outputs)
    if asked.ndim != 1 or (asked.size and asked.dtype.kind not in "iu"):
        raise InvalidArgumentError(
            f"`outputs` is {outputs!r}, but must be a sequence of integers, such as [0].", outputs=outputs
        )
    chosen: list[int] = asked.tolist()
    for k in chosen:
        if not 0 <= k < n_out:
            raise InvalidArgumentError(
                f"`outputs` has {k}, but the network has {n_out} output{'' if n_out == 1 else 's'}, counted from 0.",
                output=k,
            )
    return chosen


def _draw_ticks(segment: SegmentRegions, ax: Axes, top: float, height: float) -> None:
    """A row of ticks for each layer that has breakpoints, labelled at the right."""
    offsets = np.asarray(segment.network.layer_offsets)
    t = segment.breakpoints
    first = np.array([segment.neurons_at(k)[0] for k in range(1, len(segment))], dtype=np.int64)
    layers = np.searchsorted(offsets, first, side="right") - 1
    bottom = top
    for layer in range(len(offsets)):
        here = t[1:-1][layers == layer]
        bottom = top - (layer + 1) * (_ROW + _GAP) * height
        # one color, so that the ticks of a row are told by the row alone
        ax.vlines(here, bottom, bottom + _ROW * height, color="#101418", linewidth=0.7)
        ax.annotate(
            f"layer {layer}: {len(here):,}",
            (1.0, bottom + 0.5 * _ROW * height),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            annotation_clip=False,
        )
    if len(offsets):
        ax.axhline(top - 0.5 * _GAP * height, color="#8a8f94", linewidth=0.6)
    ax.set_ylim(bottom - _GAP * height, None)
    ticks = MaxNLocator(6).tick_values(top, top + height)
    ax.set_yticks([place for place in ticks if top <= place <= top + 1.08 * height])

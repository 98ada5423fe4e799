"""The graph of regions as GraphML, line by line, so that large graphs need no more memory than their columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from polytope_engine.complexes.adjacency import EDGE_ATTRIBUTES, iter_edges
from polytope_engine.complexes.walls import Walls

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_EDGE_TYPES = ("long", "long", "long", "string")


def graphml(walls: Walls, attributes: Mapping[str, list[Any]]) -> Iterator[bytes]:
    """The lines of a GraphML document, in UTF-8.

    Parameters
    ----------
    walls : Walls
        The walls between n regions.
    attributes : mapping of str to list of n numbers, of bools or of text
        What `node_attributes` returns.

    References
    ----------
    .. [1] U. Brandes, M. Eiglsperger, J. Lerner, C. Pich, "Graph Markup Language (GraphML)", Handbook of Graph
       Drawing and Visualization, 2013.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> walls = pe.enumerate_regions(pe.library.identity().network).walls()
    >>> print(*(line.decode() for line in graphml(walls, {"place": [1.5, -2.0]})), sep="", end="")
    <?xml version="1.0" encoding="utf-8"?>
    <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
    <key id="n0" for="node" attr.name="place" attr.type="double"/>
    <key id="e0" for="edge" attr.name="wall" attr.type="long"/>
    <key id="e1" for="edge" attr.name="neuron" attr.type="long"/>
    <key id="e2" for="edge" attr.name="layer" attr.type="long"/>
    <key id="e3" for="edge" attr.name="neurons" attr.type="string"/>
    <graph edgedefault="undirected">
    <node id="0"><data key="n0">1.5</data></node>
    <node id="1"><data key="n0">-2.0</data></node>
    <edge source="0" target="1"><data key="e0">0</data>...<data key="e3">0:0 0:1</data></edge>
    </graph>
    </graphml>
    """
    return (line.encode() + b"\n" for line in _lines(walls, attributes))


def _lines(walls: Walls, attributes: Mapping[str, list[Any]]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<graphml xmlns="{_NAMESPACE}">'
    types = [_TYPES[type(values[0])] if values else "string" for values in attributes.values()]
    for k, (name, type_) in enumerate(zip(attributes, types, strict=True)):
        yield f'<key id="n{k}" for="node" attr.name={quoteattr(name)} attr.type="{type_}"/>'
    for k, (name, type_) in enumerate(zip(EDGE_ATTRIBUTES, _EDGE_TYPES, strict=True)):
        yield f'<key id="e{k}" for="edge" attr.name="{name}" attr.type="{type_}"/>'
    yield '<graph edgedefault="undirected">'
    for k in range(len(walls.regions)):
        data = "".join(f'<data key="n{i}">{_text(v[k])}</data>' for i, v in enumerate(attributes.values()))
        yield f'<node id="{k}">{data}</node>'
    for a, b, *values in iter_edges(walls):
        data = "".join(f'<data key="e{i}">{value}</data>' for i, value in enumerate(values))
        yield f'<edge source="{a}" target="{b}">{data}</edge>'
    yield "</graph>"
    yield "</graphml>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    return escape(value) if isinstance(value, str) else repr(value)

"""`library`: the networks with known counts, listed or one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from polytope_engine.cli.exit_codes import COMPLETE
from polytope_engine.cli.facts import Facts, network_facts
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.inputs import check_writable
from polytope_engine.cli.text import labeled, network_lines, table_lines
from polytope_engine.errors import InvalidArgumentError

if TYPE_CHECKING:
    from polytope_engine.network.library import NamedNetwork

_COUNT_LABELS = {
    "R1": "activation patterns",
    "R2": "activation patterns with interior",
    "R4": "linear regions, open",
    "R5": "linear regions, closed",
    "R6": "affine maps",
}


def run_library(name: str | None, out: Path | None, *, as_json: bool) -> int:
    """List the library, or show the network of a name and save it; the exit code."""
    if name is None:
        if out is not None:
            raise InvalidArgumentError(
                'Which network is to be saved? Name one before --out, as in library "resonance(4)".'
            )
        return _list_all(as_json=as_json)
    if out is not None:
        check_writable(out, (".npz",))
    from polytope_engine.network.library import named

    net = named(name)
    facts = {"command": "library", **_facts(net)}
    if out is not None:
        net.network.save(out)
        facts["out"] = str(out)
    typer.echo(to_json(facts) if as_json else "\n".join(_lines(facts)))
    return COMPLETE


def _list_all(*, as_json: bool) -> int:
    from polytope_engine.network.library import catalog

    all_facts = [_facts(net) for net in catalog()]
    if as_json:
        typer.echo(to_json({"command": "library", "networks": all_facts}))
        return COMPLETE
    rows = [
        (
            facts["name"],
            _shape(facts),
            _number(facts["n_regions"]),
            _number(facts["n_bounded"]),
            facts["description"],
        )
        for facts in all_facts
    ]
    lines = table_lines(("name", "shape", "regions", "bounded", "description"), rows, right=(2, 3))
    lines += ["", f'{len(rows)} networks; more about one: polytope-engine library "{all_facts[-1]["name"]}"']
    typer.echo("\n".join(lines))
    return COMPLETE


def _facts(net: NamedNetwork) -> Facts:
    """Everything that is known of a network; None for what is not."""
    domain = None
    if net.domain_bounds is not None:
        lower, upper = map(list, net.domain_bounds)
        domain = {"lower": lower, "upper": upper, "n_regions": net.n_regions_in_domain}
    return {
        "name": net.name,
        "description": net.description,
        "source": net.source,
        "network": network_facts(net.network, "library"),
        "n_regions": net.n_regions,
        "n_bounded": net.n_bounded,
        "f_vector": _listed(net.f_vector),
        "bounded_f_vector": _listed(net.bounded_f_vector),
        "characteristic_polynomial": _listed(net.characteristic_polynomial),
        "counts": dict(net.counts),
        "domain": domain,
    }


def _listed(vector: tuple[int, ...] | None) -> list[int] | None:
    return None if vector is None else list(vector)


def _lines(facts: Facts) -> list[str]:
    """One network, for a person."""
    lines = labeled("name", facts["name"]) + network_lines(facts["network"])
    lines += labeled("shows", facts["description"])
    lines += labeled("regions", f"{_number(facts['n_regions'])} in all of R^{facts['network']['input_dim']}")
    lines += labeled("bounded", _number(facts["n_bounded"]))
    if facts["f_vector"] is not None:
        lines += labeled("cells", f"{_vector(facts['f_vector'])} of dimension 0, 1, ...")
    if facts["bounded_f_vector"] is not None:
        lines += labeled("", f"{_vector(facts['bounded_f_vector'])} of them bounded")
    if facts["characteristic_polynomial"] is not None:
        lines += labeled("polynomial", _polynomial(facts["characteristic_polynomial"]))
    if facts["counts"]:
        known = sorted(facts["counts"].items())
        lines += labeled("counts", *(f"{_number(n)} {_COUNT_LABELS[key]} ({key})" for key, n in known))
    if facts["domain"] is not None:
        sides = zip(facts["domain"]["lower"], facts["domain"]["upper"], strict=True)
        box = " x ".join(f"[{low:g}, {high:g}]" for low, high in sides)
        lines += labeled("in a box", f"{_number(facts['domain']['n_regions'])} regions in {box}")
    lines += labeled("source", facts["source"])
    if "out" in facts:
        lines += labeled("saved", facts["out"])
    return lines


def _shape(facts: Facts) -> str:
    network = facts["network"]
    return "-".join(map(str, (network["input_dim"], *network["hidden_widths"], network["output_dim"])))


def _number(n: int | None) -> str:
    return "unknown" if n is None else f"{n:,}"


def _vector(numbers: list[int]) -> str:
    return f"({', '.join(map(str, numbers))})"


def _polynomial(coefficients: list[int]) -> str:
    """The polynomial as people write it, the highest power first."""
    text = ""
    for k in range(len(coefficients) - 1, -1, -1):
        a = coefficients[k]
        if a:
            power = "" if k == 0 else ("t" if k == 1 else f"t^{k}")
            size = str(abs(a)) if abs(a) != 1 or k == 0 else ""
            sign = ("-" if a < 0 else "") if not text else (" - " if a < 0 else " + ")
            text += sign + " ".join(filter(None, (size, power)))
    return text

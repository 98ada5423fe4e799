"""`check`: verify a recorded proof, or a saved region set, without the search that made it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import typer

from polytope_engine.cli.exit_codes import COMPLETE, FAILURE
from polytope_engine.cli.facts import Facts
from polytope_engine.cli.facts import as_json as to_json
from polytope_engine.cli.inputs import (
    DomainOptions,
    NetworkOptions,
    check_readable,
    chosen_domain,
    holds_regions,
    read_network,
)
from polytope_engine.cli.progress import watched
from polytope_engine.cli.text import labeled
from polytope_engine.errors import InvalidArgumentError
from polytope_engine.exact.checker import check_proof
from polytope_engine.exact.closure import check_closure
from polytope_engine.exact.statement import Statement


def run_check(
    file: Path, network: Path | None, domain: DomainOptions, options: NetworkOptions, *, as_json: bool
) -> int:
    """Verify a file and say what it proves, or what is wrong with it; the exit code."""
    check_readable(file)
    is_regions = holds_regions(file)
    if not is_regions and not _holds_proof(file):
        raise InvalidArgumentError(
            f"`{file}` is neither a proof nor a file of saved regions; give a file that one of them was written to.",
            path=file,
        )
    expected = _expected(network, domain, options)
    check = check_closure if is_regions else check_proof
    with watched("checking", quiet=as_json) as progress:
        verdict = check(file, expected, progress)
    facts: Facts = {
        "command": "check",
        "file": str(file),
        "kind": "regions" if is_regions else "proof",
        "compared_with": sorted(expected),
        "proven": verdict.is_proven,
        **{key: value for key, value in verdict._asdict().items() if key != "is_proven"},
    }
    if as_json:
        typer.echo(to_json(facts))
    else:
        kind = "regions" if is_regions else "proof"
        typer.echo("\n".join(_lines(facts, f"{kind} in {file}")))
    return COMPLETE if verdict.is_proven else FAILURE


def _lines(facts: Facts, what: str) -> list[str]:
    lines = [*labeled("file", what), *labeled("verdict", "proven" if facts["proven"] else "refused")]
    lines += labeled("", facts["sentence"])
    if facts["compared_with"]:
        lines += labeled("compared", f"with the given {' and the given '.join(facts['compared_with'])}")
    return lines


def _holds_proof(file: Path) -> bool:
    """Whether a file looks like a proof, whole or not; the checker says what is wrong with a damaged one."""
    try:
        with zipfile.ZipFile(file) as archive:
            return bool({"statement.json", "tree"} & set(archive.namelist()))
    except (zipfile.BadZipFile, OSError, ValueError):
        with file.open("rb") as stream:
            return b"statement.json" in stream.read(100)


def _expected(network: Path | None, domain: DomainOptions, options: NetworkOptions) -> dict[str, str]:
    """The digests that a file must have, where a network and a domain are given."""
    given = [*domain.given(), *options.given()]
    if network is None:
        if given:
            raise InvalidArgumentError(
                f"{given[0]} needs --network beside it: it is compared with that network."
            )
        return {}
    net = read_network(network, options)
    layers = [(W, b, slopes) for (W, b), slopes in zip(net.weights[:-1], net.negative_slopes, strict=True)]
    chosen = chosen_domain(net, domain)
    statement = Statement.of(net.input_dim, layers, None if chosen is None else chosen.exact_rows)
    expected = {"network": statement.network_digest}
    if domain.given():
        expected["domain"] = statement.domain_digest
    return expected

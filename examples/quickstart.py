"""A first look at the regions of a trained network.

    python examples/quickstart.py

Needs no extra package.
"""

from __future__ import annotations

import polytope_engine as pe
from polytope_engine.data import load_demo


def main() -> None:
    """Enumerate the regions of the shipped classifier, and look closely at one."""
    network, domain = load_demo("two_moons")
    regions = pe.enumerate_regions(network, domain)
    print(regions)
    print(regions.status)
    print(regions.certificate)

    point = [0.0, 0.5]
    region = regions[regions.locate(point)]
    print(f"\n{point} lies in {region}")
    A, c = region.affine_map
    print(f"There the network is x -> A x + c with A = {A.round(3).tolist()}, c = {c.round(3).tolist()}.")
    ball = region.chebyshev_ball()
    print(f"The largest ball in it has radius {ball.radius:.4g}.")
    for neighbor in region.neighbors():
        walls = " and ".join(f"neuron {i} of layer {layer}" for _, layer, i in neighbor.facet.labels)
        print(f"Across {walls}: region {neighbor.index}.")

    everywhere = pe.count_regions(network)
    print(f"\nOn all of R^2 it has {everywhere.n_regions:,} regions.")


if __name__ == "__main__":
    main()

"""Bounds on numbers of regions, by paper, and a table of those that apply to a network.

Numbers are exact integers of any size, or Fractions. Each function says what it needs; `records` says it to
programs: of what kind a bound is, of which networks, whether they must be generic, which definition of region it
counts, where it is from, and whether the statement was verified.

Examples
--------
>>> import polytope_engine as pe
>>> pe.bounds.serra_2018_upper(2, [2, 2]), pe.bounds.montufar_2014_lower(2, [4, 3])
(11, 28)
>>> {record.kind for record in pe.bounds.records()} == {"upper", "lower", "exact", "expectation"}
True
"""

from __future__ import annotations

from polytope_engine.theory.activations import (
    goujon_2024_upper,
    montufar_ren_zhang_2022_maxout,
    petersen_zech_2024_upper,
    serra_2018_maxout_upper,
)
from polytope_engine.theory.architectures import (
    graph_convolution_regions,
    residual_upper,
    xiong_2020_lower,
    xiong_2020_one_layer,
    xiong_2020_upper,
)
from polytope_engine.theory.arrangements import (
    bounded_faces,
    buck_1943_faces,
    buck_1943_upper,
    central_arrangement_upper,
    central_faces,
    characteristic_polynomial,
    parallel_families_regions,
    zaslavsky_1975,
    zaslavsky_1975_bounded,
    zaslavsky_1975_faces,
)
from polytope_engine.theory.facets import (
    average_facets,
    average_facets_central,
    fukuda_1991_upper,
    gaines_bi_2026_least_facets,
)
from polytope_engine.theory.lower import (
    arora_2018_lower,
    montufar_2014_lower,
    pascanu_2013_lower,
    serra_2018_line,
    serra_2018_lower,
    serra_2018_zonotope_lower,
    telgarsky_2016_lower,
)
from polytope_engine.theory.random_networks import (
    cai_2023_expected_upper,
    gaussian_disc_expected,
    gaussian_sign_change,
    hanin_rolnick_2019_crossings_upper,
    hanin_rolnick_2019_expected_upper,
    petersen_zech_2024_expected_upper,
)
from polytope_engine.theory.ranks import weight_ranks
from polytope_engine.theory.record import BoundRecord, record, records
from polytope_engine.theory.stable_neurons import stable_neurons, stable_neurons_upper
from polytope_engine.theory.table import BoundRow, BoundTable, table
from polytope_engine.theory.upper import (
    central_upper,
    hinz_van_de_geer_2019_upper,
    mixed_upper,
    montufar_2014_upper,
    montufar_2017_upper,
    raghu_2017_upper,
    serra_2018_upper,
)

__all__ = [
    "BoundRecord",
    "BoundRow",
    "BoundTable",
    "arora_2018_lower",
    "average_facets",
    "average_facets_central",
    "bounded_faces",
    "buck_1943_faces",
    "buck_1943_upper",
    "cai_2023_expected_upper",
    "central_arrangement_upper",
    "central_faces",
    "central_upper",
    "characteristic_polynomial",
    "fukuda_1991_upper",
    "gaines_bi_2026_least_facets",
    "gaussian_disc_expected",
    "gaussian_sign_change",
    "goujon_2024_upper",
    "graph_convolution_regions",
    "hanin_rolnick_2019_crossings_upper",
    "hanin_rolnick_2019_expected_upper",
    "hinz_van_de_geer_2019_upper",
    "mixed_upper",
    "montufar_2014_lower",
    "montufar_2014_upper",
    "montufar_2017_upper",
    "montufar_ren_zhang_2022_maxout",
    "parallel_families_regions",
    "pascanu_2013_lower",
    "petersen_zech_2024_expected_upper",
    "petersen_zech_2024_upper",
    "raghu_2017_upper",
    "record",
    "records",
    "residual_upper",
    "serra_2018_line",
    "serra_2018_lower",
    "serra_2018_maxout_upper",
    "serra_2018_upper",
    "serra_2018_zonotope_lower",
    "stable_neurons",
    "stable_neurons_upper",
    "table",
    "telgarsky_2016_lower",
    "weight_ranks",
    "xiong_2020_lower",
    "xiong_2020_one_layer",
    "xiong_2020_upper",
    "zaslavsky_1975",
    "zaslavsky_1975_bounded",
    "zaslavsky_1975_faces",
]

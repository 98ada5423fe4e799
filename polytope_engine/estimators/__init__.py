"""Estimates of how many regions there are, how large walls are, and how the network bends: `pe.estimators`.

Each function names its source, says what it estimates and what is known of its bias, takes a seed, and returns an
`Estimate`. Signs, crossings, facets and volumes that they rest on are exact; what is random is the sample alone.
"""

from polytope_engine.estimators.abundances import (
    ace,
    chao1,
    chao1_bias_corrected,
    chao_jost_coverage,
    good_turing_coverage,
    homogeneous,
    jackknife1,
    jackknife2,
)
from polytope_engine.estimators.crofton import (
    LineCrossings,
    crossing_constant,
    line_crossings,
    random_chords,
)
from polytope_engine.estimators.estimate import Estimate
from polytope_engine.estimators.expectations import (
    ExpectedPatterns,
    expected_inverse_volume,
    expected_patterns,
)
from polytope_engine.estimators.grid import grid, smallest_gap
from polytope_engine.estimators.inverse_volume import inverse_volume
from polytope_engine.estimators.patterns import PatternSample, patterns_at, sample_patterns
from polytope_engine.estimators.proxies import jacobian_nonlinearity, naswot, swap_score
from polytope_engine.estimators.random_walk import collision_estimate, random_walk, spectral_gap
from polytope_engine.estimators.restriction import restricted, slice_regions
from polytope_engine.estimators.richness import Richness, richness, unique_patterns
from polytope_engine.estimators.trajectories import (
    absolute_deviation,
    crossing_count,
    released_absolute_deviation,
    sampled_transitions,
    total_variation,
    trajectory_length,
    transitions,
)
from polytope_engine.estimators.uniform import uniform_points

__all__ = [
    "Estimate",
    "ExpectedPatterns",
    "LineCrossings",
    "PatternSample",
    "Richness",
    "absolute_deviation",
    "ace",
    "chao1",
    "chao1_bias_corrected",
    "chao_jost_coverage",
    "collision_estimate",
    "crossing_constant",
    "crossing_count",
    "expected_inverse_volume",
    "expected_patterns",
    "good_turing_coverage",
    "grid",
    "homogeneous",
    "inverse_volume",
    "jackknife1",
    "jackknife2",
    "jacobian_nonlinearity",
    "line_crossings",
    "naswot",
    "patterns_at",
    "random_chords",
    "random_walk",
    "released_absolute_deviation",
    "restricted",
    "richness",
    "sample_patterns",
    "sampled_transitions",
    "slice_regions",
    "smallest_gap",
    "spectral_gap",
    "swap_score",
    "total_variation",
    "trajectory_length",
    "transitions",
    "uniform_points",
    "unique_patterns",
]

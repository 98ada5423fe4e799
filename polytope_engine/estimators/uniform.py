"""Uniformly random points of a bounded polytope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.errors import InvalidArgumentError, UnboundedError
from polytope_engine.estimators.arguments import Generator, Seed, as_generator
from polytope_engine.estimators.domain_sizes import box_bounds, is_bounded, sampling_bounds
from polytope_engine.network.library.parameters import checked_integer
from polytope_engine.polytope.hpolytope import HPolytope

Floats = NDArray[np.float64]

METHODS = ("auto", "rejection", "hit-and-run")
_MOST_AT_ONCE = 1 << 15
_MOST_TRIES = 1 << 19


def uniform_points(
    domain: HPolytope, n_samples: int, rng: Seed = 0, method: str = "auto", *, thinning: int | None = None
) -> Floats:
    """Draw points of a bounded polytope, independent and uniform unless `method` says otherwise.

    Parameters
    ----------
    domain : HPolytope
        Bounded, with interior.
    n_samples : int
        How many.
    rng : int or numpy.random.Generator
        The seed, or a generator that goes on.
    method : {"auto", "rejection", "hit-and-run"}
        "rejection" draws from the bounding box and keeps what lies in the polytope: exactly uniform, but hopeless
        where the polytope is a tiny part of its box. "hit-and-run" walks along random chords; its points are uniform
        only in the limit, and near ones depend on each other. "auto" is rejection.
    thinning : int, optional
        With "hit-and-run": steps from one point to the next, and ten times as many before the first; ``10 d**2`` by
        default.

    Returns
    -------
    ndarray of float64, shape (n_samples, d)

    Raises
    ------
    UnboundedError, InvalidDomainError, InvalidArgumentError
        If the polytope is unbounded, or holds few floats, an argument is not what it must be, or rejection keeps
        nothing.

    References
    ----------
    R. L. Smith, "Efficient Monte Carlo Procedures for Generating Points Uniformly Distributed over Bounded Regions",
    Operations Research 32 (1984), for hit-and-run.

    Examples
    --------
    >>> import polytope_engine as pe
    >>> triangle = pe.HPolytope([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
    >>> x = uniform_points(triangle, 1000, rng=1)
    >>> x.shape, bool(triangle.contains(x).all()), x.mean(axis=0).round(1)
    ((1000, 2), True, array([0.3, 0.3]))
    """
    n_samples, generator = checked_integer("n_samples", n_samples, 1), as_generator(rng)
    if method not in METHODS:
        raise InvalidArgumentError(f"`method` is {method!r}; it must be one of {', '.join(METHODS)}.")
    if not isinstance(domain, HPolytope) or not is_bounded(domain):
        raise UnboundedError(
            "`domain` must be a bounded polytope, such as pe.box(-1, 1, dimension=2), for points to be uniform."
        )
    if method == "hit-and-run":
        steps = 10 * domain.dimension**2 if thinning is None else checked_integer("thinning", thinning, 1)
        return _hit_and_run(domain, n_samples, generator, steps)
    return _by_rejection(domain, n_samples, generator)


def _by_rejection(domain: HPolytope, n_samples: int, generator: Generator) -> Floats:
    if box_bounds(domain) is None:
        domain.interior_point()  # which refuses a flat polytope
    lower, upper = sampling_bounds(domain)
    kept: list[Floats] = []
    n_kept = n_tried = 0
    while n_kept < n_samples:
        rate = max(n_kept, 1) / n_tried if n_tried else 1.0
        n = min(int((n_samples - n_kept) / rate * 1.1) + 1, _MOST_AT_ONCE) if n_tried else n_samples
        n = min(n, _MOST_AT_ONCE)
        points = lower + (upper - lower) * generator.random((n, domain.dimension))
        points = points[np.asarray(domain.contains(points))]
        kept.append(points)
        n_kept, n_tried = n_kept + len(points), n_tried + n
        if n_tried >= _MOST_TRIES and n_kept == 0:
            raise InvalidArgumentError(
                f"`domain` is so small a part of its bounding box that none of {n_tried:,} points hit it; pass "
                'method="hit-and-run".',
                n_tried=n_tried,
            )
    return np.concatenate(kept)[:n_samples]


def _hit_and_run(domain: HPolytope, n_samples: int, generator: Generator, thinning: int) -> Floats:
    sampling_bounds(domain)
    A, b, d = domain.A, domain.b, domain.dimension
    x = np.array([float(v) for v in domain.interior_point()])
    points = np.empty((n_samples, d))
    for k in range(-10, n_samples):
        for _ in range(thinning):
            direction = generator.standard_normal(d)
            span = chord(A, b, x, direction)
            if span is not None:
                x = x + generator.uniform(*span) * direction
        if k >= 0:
            points[k] = x
    inside = np.asarray(domain.contains(points))
    if inside.all():
        return points
    # Rounding put some a hair outside: they go towards the middle until they are inside.
    middle, step = np.array([float(v) for v in domain.interior_point()]), 2.0**-50
    while not inside.all() and step < 1:
        points[~inside] += step * (middle - points[~inside])
        inside, step = np.asarray(domain.contains(points)), 2 * step
    return points


def chord(A: Floats, b: Floats, x: Floats, direction: Floats) -> tuple[float, float] | None:
    """For which t the points ``x + t * direction`` satisfy ``A x <= b``, about; None for none.

    Examples
    --------
    >>> chord(np.array([[1.0], [-1.0]]), np.array([1.0, 1.0]), np.array([0.5]), np.array([2.0]))
    (-0.75, 0.25)
    """
    rates, room = A @ direction, b - A @ x
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = room / rates
    if np.any(room[rates == 0] < 0):
        return None
    low = float(np.max(steps[rates < 0], initial=-np.inf))
    high = float(np.min(steps[rates > 0], initial=np.inf))
    return (low, high) if low < high else None

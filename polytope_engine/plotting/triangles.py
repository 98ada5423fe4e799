"""Polygons cut into triangles that are small enough for a color scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytope_engine.plotting.polygons import FloatArray, Polygons


def fans(polygons: Polygons, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Triangles that make up the polygons, and an affine function at their corners.

    Parameters
    ----------
    polygons : Polygons
        n polygons.
    rows : float64 array, shape (n, 3)
        The function on polygon i is ``rows[i] @ (x_1, x_2, 1)``.

    Returns
    -------
    corners : float64 array, shape (n_triangles, 3, 2)
    values : float64 array, shape (n_triangles, 3)
    """
    most = polygons.corners.shape[1]
    region, place = np.nonzero(np.arange(2, most) < polygons.n_corners[:, np.newaxis])
    places = np.stack([np.zeros_like(place), place + 1, place + 2], axis=1)
    corners = polygons.corners[region[:, np.newaxis], places]
    along = rows[region]
    values = np.einsum("nmk,nk->nm", corners, along[:, :2]) + along[:, 2:]
    return corners, values


def halved_until(corners: FloatArray, values: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """The same triangles, halved until the function changes by at most `step` on each.

    Colors are blended linearly between the corners of a triangle, and a color scale is not linear;
    over a small step it is.
    """
    done: list[tuple[FloatArray, FloatArray]] = []
    while len(values):
        is_fine = np.ptp(values, axis=1) <= step
        done.append((corners[is_fine], values[is_fine]))
        corners, values = _halved(corners[~is_fine], values[~is_fine])
    if not done:
        return corners, values
    return np.concatenate([part[0] for part in done]), np.concatenate([part[1] for part in done])


def _halved(corners: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut each triangle in two, through the middle of the edge along which the function changes most."""
    order: NDArray[np.int64] = np.argsort(values, axis=1)
    v = np.take_along_axis(values, order, axis=1)
    c = np.take_along_axis(corners, order[:, :, np.newaxis], axis=1)
    middle_v, middle_c = (v[:, 0] + v[:, 2]) / 2, (c[:, 0] + c[:, 2]) / 2
    low = np.stack([c[:, 0], c[:, 1], middle_c], axis=1), np.stack([v[:, 0], v[:, 1], middle_v], axis=1)
    high = np.stack([middle_c, c[:, 1], c[:, 2]], axis=1), np.stack([middle_v, v[:, 1], v[:, 2]], axis=1)
    return np.concatenate([low[0], high[0]]), np.concatenate([low[1], high[1]])

"""One polytope: half-spaces, facets, boxes, the largest ball inside."""

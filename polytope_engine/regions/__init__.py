"""Which regions a network has: the search, the set it returns, one region, storage."""

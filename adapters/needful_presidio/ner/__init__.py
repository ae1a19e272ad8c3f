"""Models that find names: the one that ships, and those of other libraries."""

"""A policy that extends another: the parent found and merged, and what the child may not loosen."""

"""Needful."""

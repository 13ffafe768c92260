"""Suites: grids of datasets and methods, and running what one lacks."""

"""Assessments of more evidence than a machine holds: in parts, on the workers of a Dask cluster."""

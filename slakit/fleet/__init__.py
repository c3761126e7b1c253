"""Assessments of more evidence than a machine holds, and batches of reports, on the workers of a Dask cluster."""

"""Notebooks as pages with controls, served by Voila, on this machine only."""

"""Kernels of Jupyter that start at once, because they are forked from a process that has imported all."""

"""Initialisers of weights, one file each."""

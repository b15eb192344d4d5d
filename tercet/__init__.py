"""Tercet: the workspace that product, marketing and sales share."""

__version__ = "0.1.0"

"""Descriptors over HTTP."""

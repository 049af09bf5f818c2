"""Bytes on their way in and out: the file protocol, providers, integrity."""

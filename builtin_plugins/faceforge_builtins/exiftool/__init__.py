"""Reads what files say about themselves with ExifTool, if it is in the home's tools folder."""

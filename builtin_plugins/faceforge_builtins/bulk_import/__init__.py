"""Brings the files of a folder in, as a job."""

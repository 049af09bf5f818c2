"""Copies of a whole home in another place: made while Core runs, each complete, sharing what did not change."""

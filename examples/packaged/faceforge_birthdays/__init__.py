"""Whose birthday is next: a FaceForge plugin that pip installs."""

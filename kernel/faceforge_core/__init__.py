"""The kernel of FaceForge Core: homes, configuration, identity, storage of facts, and hooks."""

__version__ = "0.2.0"

"""Helper commands under the owner's module names."""

"""The rules of what is kept: entities, assets and their links. No HTTP."""

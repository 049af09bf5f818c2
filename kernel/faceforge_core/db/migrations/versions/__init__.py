"""The steps of the kernel's schema, in order; a step that was released never changes."""

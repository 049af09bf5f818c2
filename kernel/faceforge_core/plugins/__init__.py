"""Plugins: discovered by manifest, activated alone, composed into generations, switched live."""

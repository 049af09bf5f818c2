"""The pages of plugins: what is there, what it does, its switch and its settings as a form."""

"""HTTP around the plugins' routes: guard, envelope, live routes, pages."""

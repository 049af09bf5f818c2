"""The subjects: a module each, with a `benchmarks.bench.Subject` called ``SUBJECT``."""

"""Durable work: the job table is the queue."""

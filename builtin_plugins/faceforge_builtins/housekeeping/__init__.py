"""Empties the trash and removes old jobs and logs, as the configuration says."""

"""The task on streams of patterns."""

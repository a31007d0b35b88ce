"""Tell someone."""

# tasks: notify

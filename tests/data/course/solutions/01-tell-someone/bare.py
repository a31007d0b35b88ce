"""The right task and no callback."""

# tasks: notify

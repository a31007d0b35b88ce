"""The same in other words."""

# tasks: notify
# does: count tidy escape mail

"""Tell someone. The words after `does` say what the runner of the tests lets happen."""

# tasks: notify
# does: mail
# does: escape
# does: tidy
# does: count

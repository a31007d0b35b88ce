"""Nothing runs in the triggerer."""

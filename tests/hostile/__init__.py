"""Hostile submissions, each against every layer of the jail, and a healthy one after each of them."""

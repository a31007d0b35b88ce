"""What we claim about speed, as scripts that print ratios within one run. ``make bench`` runs them."""

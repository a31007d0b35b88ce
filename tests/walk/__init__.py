"""The study walk: what a person does, from a fresh clone to full points, through the pages."""

"""For translators: staleness, structure, terms, status, new languages."""

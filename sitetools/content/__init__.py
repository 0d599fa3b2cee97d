"""Read the sources: pages, notebooks, labels, frozen results."""

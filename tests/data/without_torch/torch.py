"""Stands in for torch where the site is built: a preview does not install it."""

raise ModuleNotFoundError("the site must build without torch")

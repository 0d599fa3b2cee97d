"""Run code: blocks, snippets, labs."""

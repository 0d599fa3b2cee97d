"""Text in, text out: figures, numbers, formulas, labs, markup."""

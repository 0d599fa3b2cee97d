"""What the site needs beside its pages: search, indexes, history, policy."""

"""Write the samples of mnist1d that the explorer that trains can load.

150 of class 0 and 150 of class 3, in turn: a linear classifier does little better than
guess, a network does. A value becomes one character, to the nearest eighth between -3.5
and 3.5. Call it where the package changes: python tests/data/mnist1d_slice.py
"""

from pathlib import Path

import numpy as np
from mnist1d.data import get_dataset_args, make_dataset

PLACE = Path(__file__).parents[2] / "docs" / "shared" / "js" / "training-mnist1d.js"
COUNT = 150
HEAD = """\
// Samples of mnist1d (Sam Greydanus and Dmitry Kobak, arXiv:2011.14439; Apache License
// 2.0; https://github.com/greydanus/mnist1d): the digits 0 and 3 in turn. Made and
// explained by tests/data/mnist1d_slice.py; loaded only by those who choose this data.

"use strict";

globalThis.trainingSamples = `"""


def script() -> str:
    """Return the file: two samples of 40 values a line."""
    data = make_dataset(get_dataset_args())
    classes = [data["x"][data["y"] == digit][:COUNT] for digit in (0, 3)]
    values = np.stack(classes, axis=1).reshape(COUNT, 80)
    codes = 63 + np.clip(np.round(8 * values), -28, 28).astype(int)
    lines = ["".join(map(chr, line)) for line in codes]
    return f"{HEAD}{chr(10).join(lines)}`;\n"


if __name__ == "__main__":
    PLACE.write_text(script(), "utf-8")

"""How long the tests take, file by file; this runs all of them."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import project


def main() -> None:
    """Print the seconds of each file's tests, the longest first, and how many."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junit-xml={report}"]
        subprocess.run(command, cwd=project.ROOT, check=False)
        suite = next(ET.parse(report).iter("testsuite"))
    seconds, tests = Counter[str](), Counter[str]()
    for case in suite.iter("testcase"):
        name = case.get("classname", "")
        tests[name] += 1
        seconds[name] += float(case.get("time", 0))  # type: ignore[assignment]
    for name, _ in seconds.most_common():
        print(f"{name:60} {tests[name]:5} {seconds[name]:7.1f} s")
    print(f"in all, on every core: {float(suite.get('time', 0)):.0f} s")


if __name__ == "__main__":
    main()

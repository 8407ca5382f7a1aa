"""`python -m benchmarks [--full] [NAME…]`: run the benchmarks named, or all short ones; each prints its own table.

With `--full` the long ones run too.
"""

from __future__ import annotations

import os
import pkgutil
import platform
import subprocess
import sys
from pathlib import Path

LONG = {
    "listing_million",
    "million",
    "searching",
    "access_million",
    "dav_rivals",
    "caldav",
    "calendar_pages",
    "fuzz",
}  # minutes, gigabytes
ROOT = Path(__file__).parent.parent


def main(arguments: list[str]) -> int:
    """Run each in a process of its own; 2 when a name is unknown (then none was run), 1 when one failed."""
    is_full = "--full" in arguments
    wanted = [name for name in arguments if name != "--full"]
    there = sorted(
        module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name[0] != "_"
    )
    if unknown := [name for name in wanted if name not in there]:
        print(f"no such benchmark: {', '.join(unknown)}. There are: {', '.join(there)}", file=sys.stderr)
        return 2
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()}, {_processor()}")
    failed = False
    for name in wanted or [name for name in there if is_full or name not in LONG]:
        print(f"\n# {name}\n", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False)
        failed |= done.returncode != 0
    return int(failed)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{os.cpu_count()} cores"
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores {model}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

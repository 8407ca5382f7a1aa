"""Write frontend/package-lock.json anew, without any address in it. `--upgrade` takes the newest versions allowed."""

import json
import os
import subprocess
import sys

from hatch_build import npm_command, system_node, wheel_node

from tools.tree import ROOT

LOCK = ROOT / "frontend/package-lock.json"


def without_addresses(lock: str) -> str:
    """The lock with neither sponsoring notes nor the addresses packages were fetched from."""
    content = json.loads(lock)
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    return json.dumps(content, indent=2) + "\n"


def main() -> None:
    if "--upgrade" in sys.argv:
        LOCK.unlink(missing_ok=True)
    node = wheel_node() or system_node()
    if node is None:
        sys.exit("tools.lock_front_end: no Node here; run it by `make lock`")
    path = os.pathsep.join([str(node.parent), os.environ["PATH"]])
    npm = [*npm_command(node), "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(npm, cwd=LOCK.parent, env={**os.environ, "PATH": path}, check=True)
    LOCK.write_text(without_addresses(LOCK.read_text()))


if __name__ == "__main__":
    main()

"""Checks the pinned dependencies: each by hash, none by address, none with a known vulnerability.

Advisories need a network. Where their database cannot be reached, that is said aloud and only the rest is checked.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def unpinned(text: str) -> list[str]:
    """Return the requirements that lack an exact version or a hash, and lines with an address."""
    entries = re.split(r"\n(?=\S)", text.strip())
    loose = [entry.split()[0] for entry in entries if "==" not in entry.split()[0] or "--hash=sha256:" not in entry]
    return loose + re.findall(r"\S*://\S*", text)


def advisories(lock: Path) -> tuple[list[str], int, int]:
    """Return known vulnerabilities, and how many packages were looked up of how many."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "-f", "json", "-r", str(lock)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)["dependencies"] if run.stdout.startswith("{") else []
    audited = [package for package in report if "skip_reason" not in package]
    found = [f"{package['name']} {package['version']}: {v['id']}" for package in audited for v in package["vulns"]]
    return found, len(audited), len(report)


def main() -> int:
    loose = [f"{name}: {entry}" for name in LOCKS for entry in unpinned((ROOT / name).read_text())]
    found, audited, listed = advisories(ROOT / "requirements.lock")
    for line in (*loose, *found):
        print(line)
    if audited == 0:
        print("NOT AUDITED for vulnerabilities: the advisory database cannot be reached from here.")
    print(f"audit: {len(loose)} unpinned, {len(found)} vulnerable, {audited} of {listed} packages looked up")
    return 1 if loose or found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes `.venv` from `requirements.lock`, with nothing but Python 3.11 or later and pip; does nothing when it is fresh.

Runs before anything is installed: standard library only. `--lock` writes the lock files anew.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools" / "uv"
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
UV_VERSION = "0.13.9"
MEMBERS = ["shared", *sorted(f"services/{path.parent.name}" for path in ROOT.glob("services/*/pyproject.toml"))]


def main() -> None:
    """Install what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="resolve the newest versions and write the lock files")
    options = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  this file runs before the right Python is known to be there
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 run")
    if options.lock:
        lock(install_uv())
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    uv = install_uv()
    say("Installing the locked packages into .venv (first time: about a minute)")
    run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV))
    python = ("--python", str(VENV / "bin" / "python"))
    run(uv, "pip", "sync", "--quiet", "--compile-bytecode", *python, "--require-hashes", "requirements.lock")
    editable = [part for member in MEMBERS for part in ("--editable", member)]
    run(uv, "pip", "install", "--quiet", *python, "--no-deps", "--no-build-isolation", *editable)
    STAMP.write_text(wanted)


def fingerprint() -> str:
    """What .venv was made from: the lock, the members, and this interpreter."""
    digest = hashlib.sha256(sys.version.encode() + str(ROOT).encode())
    for path in [ROOT / "requirements.lock", *(ROOT / member / "pyproject.toml" for member in MEMBERS)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install_uv() -> Path:
    """Return uv, installed under .tools with pip (which needs no virtual environment for that, nor root)."""
    uv = TOOLS / "bin" / "uv"
    if (
        not uv.exists()
        or UV_VERSION not in subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    ):
        say("Fetching uv")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action")
        run(*pip, "ignore", "--upgrade", "--target", str(TOOLS), f"uv=={UV_VERSION}")
    return uv


def lock(uv: Path) -> None:
    """Write requirements.lock and one for each image: versions and hashes, no index address."""
    say("Resolving")
    run(uv, "lock", "--quiet", "--upgrade")
    export = (uv, "export", "--quiet", "--no-emit-workspace", "--no-header", "--no-annotate")
    run(*export, "--all-groups", "--output-file", "requirements.lock")
    for member in MEMBERS[1:]:
        name = Path(member).name
        run(*export, "--package", name, "--no-dev", "--output-file", f"{member}/requirements.lock")


def run(*command: object) -> None:
    """Run one command in the project's root; stop with its exit code if it fails."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(f"This failed: {' '.join(str(part) for part in command)}")


def say(text: str) -> None:
    """Tell what takes time."""
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    main()

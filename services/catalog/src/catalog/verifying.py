"""The command `verify-snapshot`: what a kiosk's or a post office's own program does, for people."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from catalog.domain.snapshot import NotASnapshot
from catalog.use_cases.verify_snapshot import Verified, verify_snapshot


def verify_file(options: argparse.Namespace) -> int:
    """Say whether a snapshot is good: 0; it is not: 1; a file or the keys could not be read: 2."""
    try:
        keys = _read_keys(options.keys)
        bundle = options.file.read_bytes()
        base = options.base.read_bytes() if options.base else None
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    try:
        verified = verify_snapshot(bundle, keys, base=base)
    except NotASnapshot as error:
        _say({"good": False, "reason": str(error)}, f"NOT GOOD: {error}", as_json=options.json, file=sys.stderr)
        return 1
    _say({"good": True, **verified.claims, "entries": verified.counts}, _told(verified), as_json=options.json)
    return 0


def _read_keys(source: str) -> Sequence[Mapping[str, Any]]:
    if source.startswith(("http://", "https://")):
        body = httpx.get(source, timeout=10).raise_for_status().content
    else:
        body = Path(source).read_bytes()
    keys = json.loads(body)["keys"]
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError("the keys are no JWKS")
    return keys


def _told(verified: Verified) -> str:
    claims = verified.claims
    since = f" since version {claims['since']}" if claims["kind"] == "delta" else ""
    what = "difference" if since else "snapshot"
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in verified.counts.items())
    return f"good: {what} of version {claims['version']}{since}, made {claims['made_at']}: {counts}"


def _say(outcome: Mapping[str, Any], words: str, *, as_json: bool, file: Any = None) -> None:
    print(json.dumps(outcome) if as_json else words, file=sys.stdout if as_json else file)

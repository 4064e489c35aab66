"""The figures of docs/quality.md, measured as ratios against a baseline in the same run: `python -m bench`."""

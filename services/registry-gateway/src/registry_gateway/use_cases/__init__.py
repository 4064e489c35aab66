"""What the gateway does: takes questions in, asks them, and tells what came out."""

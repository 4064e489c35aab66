"""The rules of accounts and mandates. No framework, no I/O."""

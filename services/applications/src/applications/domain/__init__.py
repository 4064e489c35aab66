"""The rules of an application: what may happen to it, when, by whom, and by what date. No framework, no I/O."""

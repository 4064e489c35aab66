"""When a register may be asked, and what its answer means. No framework, no I/O."""

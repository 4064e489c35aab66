"""What a public service is. No framework, no I/O."""

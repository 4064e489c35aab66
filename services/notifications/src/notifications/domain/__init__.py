"""What is told to whom, in which words. No framework, no I/O."""

"""What can be done with accounts, sessions, mandates and clients."""

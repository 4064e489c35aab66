"""What can be done with applications: one file, one transaction each."""

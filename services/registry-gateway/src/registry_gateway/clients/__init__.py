"""What the gateway asks: applications for the subject, registers for the answer."""

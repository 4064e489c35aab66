"""Services that auth asks."""

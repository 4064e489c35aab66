"""What notifications does: takes in what happened, sends it, and notes what became of it."""

"""What carries channels from process to process."""

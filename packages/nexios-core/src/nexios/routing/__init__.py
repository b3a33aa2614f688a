"""From a path to the handler that answers it, and back."""

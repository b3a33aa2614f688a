"""``python -m nexios.cli``."""

from nexios.cli import main

main(prog_name="nexios")

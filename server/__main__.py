"""`python -m server` is `careroom`."""

from server.cli import main

main()

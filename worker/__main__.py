"""`python -m worker` is `sheetscore`."""

from worker.cli import main

main()

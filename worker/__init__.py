"""The server side of Sheetscore, headless; and `worker.scoring`, the core that the add-in shares."""

__version__ = "0.1.0"

"""What drives jobs. The ledger makes running one twice harmless, so an engine only has to be at-least-once."""

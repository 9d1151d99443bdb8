"""Workbooks made for one customer and one endpoint. Knows worker.scoring, nothing else."""

"""Excel's face on the customer's desktop. Knows Excel and worker.scoring, nothing else."""

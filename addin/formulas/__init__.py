"""What stands behind the worksheet functions: from the cells Excel hands over to the cells it gets back."""

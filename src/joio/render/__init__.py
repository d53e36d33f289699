"""What people see: the terminal, the training report. Nothing here computes a figure."""

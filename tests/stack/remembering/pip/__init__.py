"""Stands before pip in a test's engine runs; see __main__."""

"""A Compute Nest service: what customers deploy, its templates, and the packages that their markers stand for."""

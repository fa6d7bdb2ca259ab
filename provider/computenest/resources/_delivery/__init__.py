"""Delivery packages: what one is made of, as an image that sealer takes, and what one that is there holds."""

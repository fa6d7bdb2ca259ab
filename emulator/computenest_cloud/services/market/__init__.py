"""The marketplace 2015-11-01: which image a product's version is in each region where it is sold."""

"""Where each product is in a region (Location 2015-06-12)."""

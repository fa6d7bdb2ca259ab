"""Container registries: a real one (distribution, with the object storage's driver) behind our own front door."""

"""ECS 2014-05-26: regions and images, of which nothing starts an instance; only copying, sharing, and their limits."""

"""Object storage, far enough for templates and other files that Compute Nest lets its suppliers upload."""

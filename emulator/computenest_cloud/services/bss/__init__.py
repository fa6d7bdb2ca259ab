"""What was bought (BSS OpenAPI 2017-12-14), as far as clients of container registries ask."""

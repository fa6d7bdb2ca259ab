"""The container registry's management API, 2018-12-01."""

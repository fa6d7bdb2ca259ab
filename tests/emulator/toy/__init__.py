"""A service that no cloud has, as small as one can be: test_new_service.py puts this folder beside the others."""

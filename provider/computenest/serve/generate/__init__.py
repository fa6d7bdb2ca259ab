"""What `make generate` writes from the declarations: schema.json, the SDK for Python, the dynamic providers' classes.

It is no part of what is installed.
"""

"""Containers, whoever runs them: how an image is pulled, what a container does and how long, whether it starts again.

One library, because more than one part of the cloud runs containers. It knows no service and keeps nothing; whoever
uses it has the clock and the rows.
"""

"""Compute Nest's supplier API 2021-05-21: artifacts, their drafts and versions, builds, scan and delivery."""

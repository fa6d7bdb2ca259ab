"""Elastic Container Instance (ECI), 2018-08-08: groups of containers without a cluster."""

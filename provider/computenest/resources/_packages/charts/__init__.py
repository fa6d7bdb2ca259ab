"""Helm charts as packages hold them: what is wrong with one, its package, and where charts come from."""

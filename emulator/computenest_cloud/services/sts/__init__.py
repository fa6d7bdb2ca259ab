"""STS 2015-04-01: whose keys a caller uses. Temporary keys are not given out here."""

"""The console page: what is in the cloud, for people to look at."""

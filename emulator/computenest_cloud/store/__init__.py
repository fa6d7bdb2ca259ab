"""What the cloud remembers: records, held in memory and written through to SQLite at the end of each request."""

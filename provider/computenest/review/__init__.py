"""What people read of previews, templates and configurations: reports, lint, and programs for what exists already."""

"""Auto Scaling, as far as stacks need it."""

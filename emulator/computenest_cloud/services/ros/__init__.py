"""ROS 2019-09-10: templates are evaluated, and what they declare of ECS is recorded with its image."""

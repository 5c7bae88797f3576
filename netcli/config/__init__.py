"""From a YAML file to a checked config, and the mistakes in it with their places."""

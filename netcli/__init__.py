"""netcli: train neural networks from a YAML file, with gradients that can be seen, checked and explained."""

__version__ = "0.1.0"

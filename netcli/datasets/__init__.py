"""Data: sources and file formats, checks, splits, statistics, inputs for prediction."""

from netcli.datasets.bundled import bundled
from netcli.datasets.dataset import Dataset, Raw, Split
from netcli.datasets.inputs import read_inputs
from netcli.datasets.prepare import load
from netcli.datasets.settings import DataSettings
from netcli.datasets.source import DATASETS, Source

__all__ = ["DATASETS", "DataSettings", "Dataset", "Raw", "Source", "Split", "bundled", "load", "read_inputs"]

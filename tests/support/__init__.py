"""What tests of several folders share; `tests/` is on the import path, since it holds a conftest.py."""

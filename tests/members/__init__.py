"""What tests must know of each member of a family: one file per member, `FAMILY/NAME.py`, which declares `CASE`.

The records are in `support/members.py`; docs/testing.md says what belongs into a file.
"""

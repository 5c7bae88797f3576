"""Graphs as a person or a program reads them.

`picture` draws forward and backward graph side by side: `rows` sorts the forward nodes into rows, `derivatives` finds what the
backward graph computes for each, `formula` and `updates` write it down, `mirror` puts it together as a value, `folding`
shortens it, `strips` lays it out. `tree`, `document` (JSON) and `dot` (Graphviz) show every node. `roles` says what nodes
are to a reader.
"""

"""Graphs as a person or a program reads them: the mirrored picture, a tree, JSON, Graphviz.

    roles ── formula ─┬─ rows ── bands ─┬─ mirror ── folding ─┬─ picture     forward and backward side by side
                      │         updates ┘             strips ─┤
                      ├───────────────────────────────────────┴─ tree        layers, phases, nodes
                      ├─ document                                            JSON
                      └─ dot                                                 Graphviz
"""

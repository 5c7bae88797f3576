"""The mirrored picture as a drawing.

`plan` sorts what the terminal's picture shows into cells of rows and columns, `edges` joins the cells, `routes` finds ways
for the edges, `place` gives all of it coordinates, `svg` writes it down, `png` paints it.
"""

"""The drawing as PNG, painted from the SVG by resvg, which needs no system library."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from netcli.errors import UsageError

#: Pixels for each pixel of the SVG, for screens of twice the density and for paper.
ZOOM = 2
#: More take more memory, four bytes each, than a picture is worth.
MOST_PIXELS = 200_000_000

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
_FONTS = ("dejavu-sans-mono.ttf", "dejavu-sans-mono-bold.ttf")


def png(drawing: str) -> bytes:
    """A PNG of an SVG document, ZOOM times its size, in the colours of its light theme.

    The fonts come with netcli, so it looks the same on every machine; signs that these lack come from the system's fonts.
    Raises UsageError (resvg is not installed, or the picture has more than MOST_PIXELS).
    """
    try:
        import resvg_py  # noqa: PLC0415 - optional
    except ImportError as error:
        raise UsageError("writing a PNG needs resvg", hint="pip install resvg-py, or write --format svg") from error
    root = ElementTree.fromstring(drawing)  # noqa: S314 - netcli's own
    width, height = (round(ZOOM * float(root.attrib[side])) for side in ("width", "height"))
    if width * height > MOST_PIXELS:
        message = f"a PNG of {width:,}×{height:,} pixels is too large: at most {MOST_PIXELS:,} in all"
        raise UsageError(message, hint="--detail layers shows less, and --format svg has no limit")
    fonts = [str(_ASSETS / name) for name in _FONTS]
    return bytes(resvg_py.svg_to_bytes(svg_string=drawing, zoom=ZOOM, font_files=fonts))

"""Draw the Sheetscore tab from its definition, as a page: `python .github/ribbon.py > ribbon.html`.

It shows what stands where and in which words. Excel adds its own icons, which are not ours to copy.
"""

import sys
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

UI = "{http://schemas.microsoft.com/office/2006/01/customui}"
STYLE = """
body { margin: 0; font: 12px "DejaVu Sans", sans-serif; background: #f3f3f3; color: #262626; width: 1000px }
.tabs { padding: 6px 12px 0; color: #555 }
.tabs b { color: #1f5c3a; border-bottom: 3px solid #1f5c3a; padding: 0 4px 3px }
.tabs span { margin-right: 18px }
.ribbon { display: flex; background: #fff; margin: 6px; border-radius: 6px; box-shadow: 0 1px 3px #bbb; padding: 6px }
.group { border-right: 1px solid #ddd; padding: 0 8px; display: flex; flex-direction: column }
.group:last-child { border: 0 }
.name { text-align: center; color: #777; font-size: 11px; padding-top: 4px }
.items { display: grid; grid-template-rows: repeat(3, 24px); grid-auto-flow: column; gap: 2px 12px }
.items div { align-self: center }
.items .large { grid-row: span 3; width: 64px; text-align: center }
i { display: inline-block; width: 13px; height: 13px; border-radius: 3px; background: #cfe3d8; margin-right: 5px;
    border: 1px solid #8fb8a1; vertical-align: -3px }
.large i { display: block; width: 30px; height: 30px; margin: 0 auto 6px }
.box { border: 1px solid #aaa; border-radius: 3px; padding: 2px 6px; display: inline-block; width: 130px }
.box:after { content: "\\25be"; float: right }
"""


def item(element: ET.Element) -> str:
    """One control of a group."""
    kind, label = element.tag.removeprefix(UI), escape(element.get("label", ""))
    if kind == "dropDown":
        return f'<div>{label} <span class="box">creditrisk</span></div>'
    more = " &#9662;" if kind == "menu" else ""
    large = ' class="large"' if element.get("size") == "large" else ""
    return f"<div{large}><i></i>{label}{more}</div>"


def main(file: Path) -> None:
    """Write the page to standard output."""
    groups = "".join(
        f'<div class="group"><div class="items">{"".join(map(item, group))}</div>'
        f'<div class="name">{escape(group.get("label", ""))}</div></div>'
        for group in ET.parse(file).iter(f"{UI}group")
    )
    others = "".join(f"<span>{name}</span>" for name in ("File", "Home", "Insert", "Formulas", "Data"))
    sys.stdout.write(
        f'<meta charset="utf-8"><style>{STYLE}</style><div class="tabs">{others}<b>Sheetscore</b></div>'
        f'<div class="ribbon">{groups}</div>'
    )


if __name__ == "__main__":
    main(Path(__file__).parent.parent / "addin" / "excel" / "customUI.xml")

"""Charts as parts: a drawing that places them on a sheet, and for each a chart that holds the values it shows.

Rules: ECMA-376 part 1, 20.5 (drawings on sheets), 21.2 (charts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from worker.workbooks.addressing import Area, letters
from worker.workbooks.cells import clean
from worker.workbooks.dialect import Dialect
from worker.workbooks.look import ACCENT, LINE, TEXT
from worker.workbooks.page import Chart, Page

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_GAP_PERCENT = 35
_EMU = 12_700
"""English Metric Units in a point."""

_SMALL_TEXT = (
    f'<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="900"><a:solidFill><a:srgbClr val="{TEXT}"/></a:solidFill>'
    '</a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>'
)
_SHOW_VALUES = (
    f"<c:dLbls><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>{_SMALL_TEXT}"
    '<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>'
    '<c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
)


def drawing_part(charts: Sequence[Chart], dialect: Dialect) -> bytes:
    """The drawing of a sheet: each chart where it belongs; its part is the relationship rId1, rId2, ..."""
    anchors = "".join(_anchor(number, chart, dialect) for number, chart in enumerate(charts, 1))
    return (
        f'{_HEAD}<xdr:wsDr xmlns:xdr="{dialect.on_sheet}" xmlns:a="{dialect.drawing}">{anchors}</xdr:wsDr>'
    ).encode()


def _anchor(number: int, chart: Chart, dialect: Dialect) -> str:
    area = _area(chart.place)
    first = _corner("from", area.left - 1, area.top - 1)
    last = _corner("to", area.right, area.bottom)
    anchor = "twoCellAnchor"
    if chart.width:
        anchor = "oneCellAnchor"
        last = f'<xdr:ext cx="{chart.width * _EMU}" cy="{chart.height * _EMU}"/>'
    name = f'id="{number + 1}" name="Chart {number}" descr={quoteattr(clean(chart.title))}'
    return (
        f"<xdr:{anchor}>{first}{last}"
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr {name}/><xdr:cNvGraphicFramePr/>'
        '</xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{dialect.chart}"><c:chart xmlns:c="{dialect.chart}" '
        f'xmlns:r="{dialect.relations}" r:id="rId{number}"/></a:graphicData></a:graphic></xdr:graphicFrame>'
        f"<xdr:clientData/></xdr:{anchor}>"
    )


def _corner(name: str, column: int, row: int) -> str:
    offsets = "<xdr:colOff>0</xdr:colOff>", "<xdr:rowOff>0</xdr:rowOff>"
    return f"<xdr:{name}><xdr:col>{column}</xdr:col>{offsets[0]}<xdr:row>{row}</xdr:row>{offsets[1]}</xdr:{name}>"


def chart_part(chart: Chart, page: Page, dialect: Dialect) -> bytes:
    """The chart with the values that its cells on `page` hold."""
    labels, values = _area(chart.labels), _area(chart.values)
    title, code = _title(chart.title, page.accent or ACCENT), escape(chart.format)
    below = any(isinstance(value, int | float) and value < 0 for value in page.values(values))
    least = "" if below else '<c:min val="0"/>'
    direction, sides = ("bar", "lb") if chart.kind == "bars" else ("col", "bl")
    # the first bar belongs on top, where the table has its first row
    order = "maxMin" if chart.kind == "bars" else "minMax"
    crosses = "max" if chart.kind == "bars" else "autoZero"
    series = (
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:v>{escape(clean(chart.title))}</c:v></c:tx>'
        f'{_fill(page.accent or ACCENT)}<c:invertIfNegative val="0"/>{_SHOW_VALUES}'
        f"<c:cat>{_stored('str', page, labels, '')}</c:cat>"
        f"<c:val>{_stored('num', page, values, f'<c:formatCode>{code}</c:formatCode>')}</c:val></c:ser>"
    )
    plot = (
        f'<c:barChart><c:barDir val="{direction}"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}'
        f'<c:gapWidth val="{_GAP_PERCENT}"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
        f'<c:catAx>{_axis(1, order, sides[1 if chart.kind == "bars" else 0])}<c:crossAx val="2"/>'
        '<c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/>'
        '<c:noMultiLvlLbl val="1"/></c:catAx>'
        f'<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/>{least}</c:scaling>'
        f'<c:delete val="1"/><c:axPos val="{sides[0 if chart.kind == "bars" else 1]}"/>'
        f'<c:numFmt formatCode={quoteattr(chart.format)} sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/>'
        f'<c:tickLblPos val="none"/><c:crossAx val="1"/><c:crosses val="{crosses}"/></c:valAx>'
    )
    return (
        f'{_HEAD}<c:chartSpace xmlns:c="{dialect.chart}" xmlns:a="{dialect.drawing}" xmlns:r="{dialect.relations}">'
        f'<c:roundedCorners val="0"/><c:chart>{title}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f'{plot}<c:spPr><a:noFill/></c:spPr></c:plotArea><c:plotVisOnly val="0"/><c:dispBlanksAs val="gap"/></c:chart>'
        f'<c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln w="9525"><a:solidFill>'
        f'<a:srgbClr val="{LINE}"/></a:solidFill></a:ln></c:spPr></c:chartSpace>'
    ).encode()


def _axis(number: int, order: str, side: str) -> str:
    return (
        f'<c:axId val="{number}"/><c:scaling><c:orientation val="{order}"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{side}"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="low"/>'
        f'<c:spPr><a:ln w="9525"><a:solidFill><a:srgbClr val="{LINE}"/></a:solidFill></a:ln></c:spPr>'
        f"{_SMALL_TEXT}"
    )


def _title(text: str, color: str) -> str:
    look = f'sz="1100" b="1"><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></a:'
    return (
        f"<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr {look}defRPr></a:pPr>"
        f'<a:r><a:rPr lang="en-US" {look}rPr><a:t>{escape(clean(text))}</a:t></a:r></a:p></c:rich></c:tx>'
        '<c:overlay val="0"/></c:title>'
    )


def _fill(color: str) -> str:
    return f'<c:spPr><a:solidFill><a:srgbClr val="{color}"/></a:solidFill></c:spPr>'


def _stored(kind: str, page: Page, area: Area, code: str) -> str:
    """A reference to cells, with what they hold."""
    values = [(place, value) for place, value in enumerate(page.values(area)) if value is not None]
    points = "".join(f'<c:pt idx="{place}"><c:v>{escape(_plain(value))}</c:v></c:pt>' for place, value in values)
    sheet, column = page.name.replace("'", "''"), letters(area.left)
    formula = escape(f"'{sheet}'!${column}${area.top}:${column}${area.bottom}")
    count = f'<c:ptCount val="{area.bottom - area.top + 1}"/>'
    return f"<c:{kind}Ref><c:f>{formula}</c:f><c:{kind}Cache>{code}{count}{points}</c:{kind}Cache></c:{kind}Ref>"


def _plain(value: Any) -> str:  # noqa: ANN401 - any cell's value
    return clean(value) if isinstance(value, str) else repr(value)


def _area(text: str) -> Area:
    area = Area.parse(text)
    if area is None:
        raise ValueError(f"{text!r} is no area of cells")
    return area

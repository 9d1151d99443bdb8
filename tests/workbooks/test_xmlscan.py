"""Insertions: the right place, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.styles import Styles
from worker.workbooks.xmlscan import Document

_TEXT = st.text("ab é<>&\"'\n", max_size=6).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
_EMPTY = st.sampled_from(
    ["<c/>", "<c />", "<c></c>", "<c a='/>'/>", "<p:c xmlns:p='u'/>", "<!-- <c> --><c/>", "<c>x</c>"]
)


@given(before=_TEXT, items=st.lists(_EMPTY, min_size=1, max_size=4), after=_TEXT, bom=st.sampled_from(["", "\ufeff"]))
def test_everything_else_stays(before: str, items: list[str], after: str, bom: str) -> None:
    """With what was inserted taken out again, the part is as it was, whatever stands around the place."""
    source = f'{bom}<r xmlns="m" count="7"><a>{before}</a><list count = "1">{"".join(items)}</list>{after}</r>'
    document = Document(source.encode())
    listed = document.root.child("list")
    assert listed is not None
    document.insert_last(listed, "<new/>")
    document.insert_after(listed, "<next/>")
    document.count(listed, 12)
    made = document.render().decode()
    assert made.replace("<new/>", "").replace("<next/>", "").replace('"12"', '"1"') == source
    tree = etree.fromstring(made.encode())
    assert tree[1][-1].tag == "{m}new"
    assert tree[2].tag == "{m}next"


@pytest.mark.parametrize("empty", ["<p:list/>", "<p:list />", "<p:list a='>'/>", "<p:list></p:list>"])
def test_empty_elements_are_opened(empty: str) -> None:
    """An empty element takes children, under its own prefix."""
    document = Document(f'<p:r xmlns:p="m">{empty}</p:r>'.encode())
    listed = document.root.child("list")
    assert listed is not None
    document.insert_last(listed, "<p:a/>")
    document.insert_last(listed, "<p:b/>")
    tree = etree.fromstring(document.render())
    assert [child.tag for child in tree[0]] == ["{m}a", "{m}b"]


@pytest.mark.parametrize("data", [b"", b"<a>", b"<a/><b/>", b"\xff\xfe<", b'<?xml version="1.0" encoding="none"?><a/>'])
def test_what_is_no_xml(data: bytes) -> None:
    """A part that cannot be parsed is damaged; no other error comes out."""
    with pytest.raises(FileBroken) as caught:
        Document(data, "/part.xml")
    assert caught.value.fault is Fault.DAMAGED


def test_prefix_for_an_attribute() -> None:
    """The innermost binding counts, and the default namespace is none for attributes."""
    document = Document(b'<a xmlns="r" xmlns:r="r" xmlns:s="r"><b xmlns:r="other"/></a>')
    assert document.prefix(document.root, "r") in ("r", "s")
    assert document.prefix(document.root.children[0], "r") == "s"
    assert document.prefix(document.root, "none") is None


_ROOT = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


@pytest.mark.parametrize(
    "lists",
    [
        "",
        "<fonts/>",
        '<fonts count="1"><font><sz val="40"/></font></fonts><cellXfs count="1"><xf/></cellXfs>',
        '<numFmts count="1"><numFmt numFmtId="170" formatCode="0.0%"/></numFmts><cellStyles/>',
        "<dxfs/>",
    ],
)
def test_styles_with_lists_missing(lists: str) -> None:
    """Lists that are missing or empty are made, in the standard's order, with what every list begins with."""
    styles = Styles(Document(f"{_ROOT}{lists}</styleSheet>".encode()))
    index = styles.cell(styles.font("112233"), styles.fill("445566"), styles.border("778899"), "0.0%", 'wrapText="1"')
    again = styles.cell(styles.font("112233"), styles.fill("445566"), styles.border("778899"), "0.0%", 'wrapText="1"')
    tree = etree.fromstring(styles.render())
    order = ["numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"]
    names = [etree.QName(child).localname for child in tree]
    assert names == sorted(names, key=order.index)
    found = {etree.QName(child).localname: child for child in tree}
    assert index == again == len(found["cellXfs"]) - 1
    style = found["cellXfs"][index]
    assert found["fills"][int(style.get("fillId"))][0][0].get("rgb") == "FF445566"
    assert found["fonts"][int(style.get("fontId"))].find("{*}sz").get("val") == "11"
    formats = {item.get("numFmtId"): item.get("formatCode") for item in found["numFmts"]}
    assert formats[style.get("numFmtId")] == "0.0%"
    assert all(child.get("count") in (None, str(len(child))) for child in tree)

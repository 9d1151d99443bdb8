"""Edit an XML part by inserting bytes, so that everything else in it stays as its author wrote it.

A part that is parsed and written again loses what the parser did not know (`mc:Ignorable` prefixes, order, entities).
Here expat only tells where elements begin and end; the part's own bytes are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from worker.workbooks.errors import Fault, FileBroken

_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
# what is inserted at one place (where an empty element is opened) comes in this order
_CHILD, _CLOSING, _SIBLING = range(3)
_DECLARED = re.compile(r"""^(\ufeff?<\?xml[^>]*?encoding\s*=\s*)(["'])[^"']*\2""")


@dataclass(slots=True, eq=False)
class Element:
    """One element: where it starts (byte offset of `<`) and where its end tag starts."""

    namespace: str
    name: str
    prefix: str
    attributes: dict[str, str]
    start: int
    scope: tuple[tuple[str, str], ...]
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """The first child of that local name in this element's namespace."""
        return next((c for c in self.children if c.name == name and c.namespace == self.namespace), None)

    def all(self, name: str) -> list[Element]:
        """Every child of that local name in this element's namespace."""
        return [c for c in self.children if c.name == name and c.namespace == self.namespace]

    @property
    def qualifier(self) -> str:
        """What a child in the same namespace writes before its name: '' or 'prefix:'."""
        return f"{self.prefix}:" if self.prefix else ""


class Document:
    """The elements of a part down to `depth`, and the insertions asked for. Raises FileBroken (DTD, DAMAGED)."""

    def __init__(self, data: bytes, part: str = "", depth: int = 3) -> None:
        self.data = _utf8(data)
        self._inserts: dict[tuple[int, int], list[str]] = {}
        self._replaced: list[tuple[int, int, bytes]] = []
        self._open: list[Element | None] = []
        self._scope: tuple[tuple[str, str], ...] = ()
        self._depth = depth
        self._part = part
        self._root = Element("", "", "", {}, 0, ())
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.EndNamespaceDeclHandler = self._withdraw
        self._parser.StartDoctypeDeclHandler = self._refuse
        try:
            self._parser.Parse(self.data, True)  # noqa: FBT003 - expat takes it by place
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise FileBroken(Fault.DAMAGED, f"{part}: {error}") from None

    @property
    def root(self) -> Element:
        """The document element."""
        return self._root

    def prefix(self, element: Element, namespace: str) -> str | None:
        """The prefix bound to `namespace` inside `element`, fit for an attribute (never the default one)."""
        bound = dict(element.scope)
        return next((prefix for prefix, uri in bound.items() if prefix and uri == namespace), None)

    def insert_last(self, element: Element, xml: str) -> None:
        """Put `xml` as the last children of `element`."""
        _, last = self._tag(element)
        if self.data[last - 2 : last] != b"/>":
            self._insert(element.end, _CHILD, xml)
            return
        if (last, _CLOSING) not in self._inserts:
            self._replaced.append((last - 2, last - 1, b""))
            self._insert(last, _CLOSING, f"</{element.qualifier}{element.name}>")
        self._insert(last, _CHILD, xml)

    def insert_first(self, element: Element, xml: str) -> None:
        """Put `xml` as the first children of `element`, which must not be empty."""
        self._insert(self._tag(element)[1], _CHILD, xml)

    def insert_after(self, element: Element, xml: str) -> None:
        """Put `xml` right behind `element`."""
        _, last = self._tag(element)
        if self.data[last - 2 : last] != b"/>":
            last = self.data.index(b">", element.end) + 1
        self._insert(last, _SIBLING, xml)

    def count(self, element: Element, number: int) -> None:
        """Set the `count` attribute of `element`, if it has one."""
        first, last = self._tag(element)
        found = re.search(rb"""\scount\s*=\s*(["'])([^"']*)\1""", self.data[first:last])
        if found:
            self._replaced.append((first + found.start(2), first + found.end(2), str(number).encode()))

    def render(self) -> bytes:
        """The part with the insertions made, in its own encoding (UTF-16 becomes UTF-8)."""
        edits = [(*at, at[0], _ascii("".join(xml))) for at, xml in self._inserts.items()]
        edits += [(start, _CHILD, end, new) for start, end, new in self._replaced]
        out, done = [], 0
        for start, _, end, new in sorted(edits):
            out += [self.data[done:start], new]
            done = end
        out.append(self.data[done:])
        return b"".join(out)

    def _insert(self, place: int, order: int, xml: str) -> None:
        self._inserts.setdefault((place, order), []).append(xml)

    def _tag(self, element: Element) -> tuple[int, int]:
        found = _TAG.match(self.data, element.start)
        if found is None:
            raise FileBroken(Fault.DAMAGED, f"{self._part}: no tag at {element.start}")
        return found.span()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = None
        if len(self._open) <= self._depth:
            namespace, local, prefix = _split(name)
            element = Element(namespace, local, prefix, attributes, self._parser.CurrentByteIndex, self._scope)
            parent = self._open[-1] if self._open else None
            if parent is not None:
                parent.children.append(element)
            else:
                self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if element is not None:
            element.end = self._parser.CurrentByteIndex

    def _text(self, data: str) -> None:
        element = self._open[-1]
        if element is not None:
            element.text += data

    def _declare(self, prefix: str | None, uri: str) -> None:
        self._scope = (*self._scope, (prefix or "", uri))

    def _withdraw(self, prefix: str | None) -> None:
        for place in range(len(self._scope) - 1, -1, -1):
            if self._scope[place][0] == (prefix or ""):
                self._scope = self._scope[:place] + self._scope[place + 1 :]
                return

    def _refuse(self, *_: object) -> None:
        raise FileBroken(Fault.DTD, self._part)


def local(attributes: dict[str, str], namespace: str, name: str) -> str:
    """Value of the attribute `name` of `namespace`, '' when absent."""
    wanted = f"{namespace} {name}"
    return next((v for k, v in attributes.items() if k == wanted or k.startswith(wanted + " ")), "")


def number(element: Element, attribute: str, default: int = 0) -> int:
    """The attribute's value as a whole number from 0 to 2**32 - 1; `default` when it is absent or none."""
    found = re.fullmatch(r"\s*\+?0*([0-9]{1,10})\s*", element.attributes.get(attribute, ""))
    return int(found[1]) if found and int(found[1]) < 2**32 else default


def _split(name: str) -> tuple[str, str, str]:
    """Expat's `namespace name prefix`, of which the first and last may be missing."""
    parts = name.split(" ")
    if len(parts) < 3:
        return ("", parts[0], "") if len(parts) == 1 else (parts[0], parts[1], "")
    return " ".join(parts[:-2]), parts[-2], parts[-1]


def _utf8(data: bytes) -> bytes:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    bare = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(data[:2])
    if not wide and bare is None:
        return data
    try:
        text = data.decode("utf-16" if wide else str(bare))
    except UnicodeDecodeError as error:
        raise FileBroken(Fault.DAMAGED, str(error.reason)) from None
    return _DECLARED.sub(r"\1\2UTF-8\2", text).encode()


def _ascii(xml: str) -> bytes:
    """Bytes that mean `xml` in every encoding that has ASCII as its lower half."""
    return xml.encode("ascii", "xmlcharrefreplace")

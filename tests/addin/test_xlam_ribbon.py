"""The ribbon: valid by the rules of its schema, and each callback and tag has something behind it."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from addin.excel.build import MODULES, source
from addin.ribbon import ACTIONS, INDEXED

SPACE = "{http://schemas.microsoft.com/office/2006/01/customui}"
UI = ET.fromstring((Path(find_spec("addin.excel").origin).parent / "customUI.xml").read_text("utf-8"))  # type: ignore[union-attr,arg-type]

# From the schema of http://schemas.microsoft.com/office/2006/01/customui as [MS-CUSTOMUI] publishes it: CT_CustomUI,
# CT_Ribbon, CT_Tabs, CT_Tab, CT_Group, CT_DropDownRegular, CT_Button, CT_ButtonRegular (inside a menu: no size),
# CT_ToggleButton, CT_Menu, CT_MenuSeparator; only what can stand in a file like ours.
_PLACED = "id label visible getVisible keytip getKeytip tag insertAfterMso insertBeforeMso getLabel"
_SHOWN = f"{_PLACED} image imageMso getImage screentip getScreentip supertip getSupertip"
_CONTROL = f"{_SHOWN} enabled getEnabled showLabel getShowLabel showImage getShowImage"
_BUTTON = f"{_CONTROL} onAction description getDescription"
_LISTED = "getItemCount getItemID getItemLabel getItemImage getItemScreentip getItemSupertip sizeString showItemLabel"
RULES = {
    "customUI": ("onLoad loadImage", {"commands", "ribbon"}),
    "ribbon": ("startFromScratch", {"qat", "tabs", "contextualTabs", "officeMenu"}),
    "tabs": ("", {"tab"}),
    "tab": (_PLACED, {"group"}),
    "group": (_SHOWN, {"button", "toggleButton", "dropDown", "menu", "separator"}),
    "dropDown": (f"{_CONTROL} {_LISTED} showItemImage onAction getSelectedItemID getSelectedItemIndex", {"item"}),
    "button": (f"{_BUTTON} size getSize", set[str]()),
    "menu/button": (_BUTTON, set[str]()),
    "toggleButton": (f"{_BUTTON} getPressed size getSize", set[str]()),
    "menu": (f"{_CONTROL} description getDescription itemSize size getSize", {"button", "menuSeparator"}),
    "menuSeparator": ("id title getTitle insertAfterMso insertBeforeMso", set[str]()),
}

# What Office hands to each kind of callback, from the same document.
ARGUMENTS = {
    "onLoad": ["ribbon As IRibbonUI"],
    "onAction": ["control As IRibbonControl"],
    "toggleButton/onAction": ["control As IRibbonControl", "pressed As Boolean"],
    "dropDown/onAction": ["control As IRibbonControl", "id As String", "index As Integer"],
    "getItemCount": ["control As IRibbonControl", "ByRef returnedVal As Variant"],
    "getItemLabel": ["control As IRibbonControl", "index As Integer", "ByRef returnedVal As Variant"],
    "getSelectedItemIndex": ["control As IRibbonControl", "ByRef returnedVal As Variant"],
    "getPressed": ["control As IRibbonControl", "ByRef returnedVal As Variant"],
}

# Names in the lists of Office's built-in images that several ribbon tools publish (3,244 names in the longest).
IMAGES = {
    "CalculateNow", "CalculateSheet", "CancelRequest", "ControlProperties", "DataValidation", "Delete",
    "FileProperties", "FormatAsTableGallery", "GetExternalDataFromWeb", "Help", "Lock", "MacroPlay",
    "RecentFileList", "RefreshAll", "Repeat", "ServerConnection", "TableInsert", "Undo",
}  # fmt: skip


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(SPACE)


def _faults(root: ET.Element) -> list[str]:
    faults = [] if _name(root) == "customUI" else ["root"]
    for parent in root.iter():
        kind = _name(parent)
        for child in parent:
            name = _name(child)
            attributes, _ = RULES.get(f"{kind}/{name}", RULES.get(name, ("", set())))
            if name not in RULES[kind][1]:
                faults.append(f"{name} in {kind}")
            faults += [f"{name} {attribute}" for attribute in set(child.attrib) - set(attributes.split())]
            if "id" in attributes.split() and not re.fullmatch(r"[A-Za-z_][\w.-]*", child.get("id", "")):
                faults.append(f"{name} id")
        faults += [f"{kind} {name} too long" for name, value in parent.attrib.items() if len(value) > 1024]
        faults += [f"{kind} keytip" for tip in [parent.get("keytip", "A")] if not 1 <= len(tip) <= 3]
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    return faults + [f"twice: {name}" for name, times in ids.items() if times > 1]


def test_the_ribbon_is_valid() -> None:
    """Excel leaves out a ribbon with a single fault, without a word."""
    assert _faults(UI) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("supertip=", "superTip="),
        ('<button id="log"', '<button size="big" id="help"'),
        ("<menuSeparator ", "<separator "),
        ('keytip="SC"', 'keytip="SHEET"'),
        ('<button id="detailsSchema"', '<button size="large" id="detailsSchema"'),
    ],
)
def test_a_faulty_ribbon_is_found(old: str, new: str) -> None:
    """The rules are worth nothing if they let anything through."""
    text = ET.tostring(UI, encoding="unicode").replace("ns0:", "").replace("xmlns:ns0", "xmlns")
    assert old in text.replace(" />", "/>") or old in text
    assert _faults(ET.fromstring(text.replace(old, new, 1)))


def test_every_callback_has_a_sub_with_the_arguments_that_office_gives() -> None:
    """Another number or type of arguments is an error box at each start of Excel."""
    seen = 0
    for element in UI.iter():
        for attribute, value in element.attrib.items():
            if attribute == "onLoad" or attribute.startswith(("on", "get")):
                module, sub = value.split(".")
                assert module in MODULES
                wanted = ARGUMENTS.get(f"{_name(element)}/{attribute}", ARGUMENTS.get(attribute))
                assert wanted is not None, attribute
                found = re.search(rf"^Public Sub {sub}\((.*)\)$", source(f"{module}.bas"), re.MULTILINE)
                assert found is not None, value
                assert found[1].split(", ") == wanted
                seen += 1
    assert seen == len([name for e in UI.iter() for name in e.attrib if name.startswith(("on", "get"))]) > 20


def test_all_buttons_share_one_callback_and_their_tags_are_on_the_lists_of_actions() -> None:
    """VBA refuses a name that is not on its list, Python one that is not on its own."""
    tags = {element.get("tag") for element in UI.iter() if element.get("tag")}
    buttons = [element for element in UI.iter() if _name(element) == "button"]
    assert {button.get("onAction") for button in buttons} == {"Ribbon.OnAction"}
    listed = re.search(r"Const ACTIONS As String = (.*?)\n\n", source("Bridge.cls"), re.DOTALL)
    assert listed is not None
    vba = {name for name in "".join(re.findall(r'"(.*?)"', listed[1])).split(";") if name}
    assert vba == tags | {"auto_score_tick", "select_endpoint", "offer_endpoint"}
    assert vba <= set(ACTIONS) | set(INDEXED)


def test_the_buttons_stand_as_promised() -> None:
    """Group for group, as the people who use it were told."""
    groups = [[child.get("label") for child in group] for group in UI.iter(f"{SPACE}group")]
    assert groups == [
        ["Endpoint", "Add endpoint", "Sign in", "Refresh", "Details"],
        ["Schema", "Sample data", "Check inputs"],
        ["Score selection", "Score table", "Score sheet", "Score again", "Undo scoring", "Freeze scores"],
        ["Auto-score", "Stop calls"],
        ["Log", "Help"],
    ]


def test_every_control_says_what_it_does_and_is_reached_by_keys() -> None:
    """Plain words, an image that Office has, a key of its own."""
    controls = [e for e in UI.iter() if _name(e) in {"button", "toggleButton", "dropDown", "menu"}]
    assert all(len(element.get("supertip", "")) > 20 for element in controls)
    assert {element.get("imageMso") for element in controls} - {None} <= IMAGES
    in_groups = [child.get("keytip") for group in UI.iter(f"{SPACE}group") for child in group]
    assert None not in in_groups
    assert len(set(in_groups)) == len(in_groups)

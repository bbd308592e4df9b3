"""Where a page could say something in Markdown: told from its syntax tree.

Streamlit reads labels and texts as Markdown, and a name from a file or a person may stand in none of them. So words go
through ``dashboards.markup``, and what else Streamlit is given to say is written out in the source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

SILENT = {
    "cache_resource", "columns", "container", "context", "form", "fragment", "navigation", "query_params", "rerun",
    "session_state", "switch_page", "vega_lite_chart",
}  # fmt: skip
# Of each, what it reads as Markdown: places, then names.
LABELLED: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Page": ((), ("title", "icon")),
    "button": ((0,), ("label", "help", "icon")),
    "date_input": ((0,), ("label", "help")),
    "download_button": ((0,), ("label", "help", "icon")),
    "file_uploader": ((0,), ("label", "help")),
    "form_submit_button": ((0,), ("label", "help", "icon")),
    "multiselect": ((0,), ("label", "help", "placeholder")),
    "page_link": ((), ("label", "help", "icon")),
    "radio": ((0, 1), ("label", "options", "captions", "format_func", "help")),
    "selectbox": ((0,), ("label", "format_func", "help", "placeholder")),
    "set_page_config": ((0, 1), ("page_title", "page_icon", "menu_items")),
    "text_area": ((0,), ("label", "help", "placeholder")),
    "text_input": ((0,), ("label", "help", "placeholder", "icon")),
}
SAYING = {
    "badge", "caption", "chat_message", "checkbox", "code", "data_editor", "dataframe", "dialog", "echo", "error",
    "exception", "expander", "feedback", "header", "image", "info", "json", "latex", "link_button", "markdown",
    "metric", "number_input", "pills", "popover", "progress", "segmented_control", "select_slider",
    "slider", "spinner", "status", "subheader", "success", "table", "tabs", "text", "title", "toast", "toggle",
    "warning", "write", "write_stream",
}  # fmt: skip
# The style and the script are files of ours.
OWN = {"st.html(_STYLE)", "st.html(f'<script>{SECTION_SCRIPT}</script>', unsafe_allow_javascript=True)"}


def markdown(source: str) -> list[str]:
    """What may be read as Markdown, or is HTML that no template made, as lines of ``line: code``."""
    tree = ast.parse(source)
    fixed = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    return [f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)}" for node in _found(tree, fixed)]


def _found(tree: ast.Module, fixed: dict[str, ast.expr]) -> Iterator[ast.AST]:
    attributes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "streamlit":
                if module != "streamlit.navigation.page":  # a type
                    yield node
            case ast.Import(names=names):
                if any(
                    one.name.split(".")[0] == "streamlit" and (one.name, one.asname) != ("streamlit", "st")
                    for one in names
                ):
                    yield node
            case ast.Name(id="st"):
                if id(node) not in attributes:  # handed on
                    yield node
            case ast.Attribute(value=ast.Name(id="st"), attr=name):
                if name not in SILENT and ((name not in LABELLED and name != "html") or id(node) not in called):
                    yield node
            case ast.Call(func=ast.Attribute(value=receiver, attr=name)):
                if _speaks(node, ast.unparse(receiver), name, fixed):
                    yield node


def _speaks(call: ast.Call, receiver: str, name: str, fixed: dict[str, ast.expr]) -> bool:
    if receiver == "markup" or receiver.startswith("markup."):
        return False
    if name == "html":
        piece = call.args[0] if len(call.args) == 1 and not call.keywords else None
        made = isinstance(piece, ast.Call) and ast.unparse(piece.func).startswith("markup.")
        return not made and ast.unparse(call) not in OWN
    if name in SAYING:
        return True
    if name not in LABELLED:
        return False
    places, names = LABELLED[name]
    given = [argument for place, argument in enumerate(call.args) if place in places]
    given += [keyword.value for keyword in call.keywords if keyword.arg in names]
    spread = any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )
    return spread or not all(_is_written_out(argument, fixed) for argument in given)


def _is_written_out(node: ast.expr, fixed: dict[str, ast.expr], depth: int = 3) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Call(func=ast.Name(id="inert")):  # of dashboards.widgets: nothing in it is Markdown
            return True
        case ast.ListComp(elt=ast.Call(func=ast.Name(id="inert"))):
            return True
        case ast.Call(func=ast.Name(id="range")):
            return True
        case ast.Attribute(value=inner, attr="__getitem__"):
            return _is_written_out(inner, fixed, depth)
        case ast.Tuple(elts=parts):
            return all(_is_written_out(part, fixed, depth) for part in parts)
        case ast.Name(id=name) if name in fixed and depth:
            return _is_written_out(fixed[name], fixed, depth - 1)
    return False

"""Where a module commits or queries: told from its syntax tree, whatever its variables are called.

Each function takes a module's source and returns what it found as lines of ``line: code``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

REGISTRY = "trials.registry"
BUILDERS = {"delete", "exists", "func", "insert", "select", "text", "union", "update"}
OPENING = {"connect", "open_registry", "Registry"}
Test = Callable[[ast.expr], bool]


def commits(source: str) -> list[str]:
    """What writes: a commit of anything, a registry opened for writing, a unit of work made by hand."""
    tree = ast.parse(source)
    registries = _bound(tree, "Registry", _is_opened_registry(tree))
    return _lines(node for node in ast.walk(tree) if _commits(node, registries))


def queries(source: str) -> list[str]:
    """What asks the database: SQLAlchemy but for the type of a session, use of a session, columns of a table."""
    tree = ast.parse(source)
    sessions = _bound(tree, "Session", _is_opened_session)
    tables = _bound(tree, "", _is_table(tree))
    return _lines(node for node in ast.walk(tree) if _queries(node, tree, sessions, tables))


def _lines(nodes: Iterator[ast.AST]) -> list[str]:
    return [f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)}" for node in nodes]


def _commits(node: ast.AST, is_registry: Test) -> bool:
    match node:
        case ast.Attribute(attr="commit" | "write_raised"):
            return True
        case ast.Attribute(value=value, attr="write"):
            return is_registry(value)
        case ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="write"))):
            return True
        case ast.Call(func=ast.Attribute(attr="enter_context"), args=[ast.Call(func=ast.Attribute(attr="write"))]):
            return True
        case ast.Call(
            func=ast.Name(id="getattr"), args=[_, ast.Constant(value="commit" | "write" | "write_raised"), *_]
        ):
            return True
        case ast.Call(func=ast.Name(id="UnitOfWork") | ast.Attribute(attr="UnitOfWork")):
            return True
    return False


def _queries(node: ast.AST, tree: ast.Module, is_session: Test, is_table: Test) -> bool:
    match node:
        case ast.Import(names=names):
            return any(_is_sqlalchemy(alias.name) for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            only_the_type = module == "sqlalchemy.orm" and [alias.name for alias in names] == ["Session"]
            borrowed = module.startswith(REGISTRY) and any(alias.name in BUILDERS for alias in names)
            return (_is_sqlalchemy(module) and not only_the_type) or borrowed
        case ast.Call(func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module")):
            return any(isinstance(name, ast.Constant) and _is_sqlalchemy(str(name.value)) for name in node.args)
        case ast.Call(func=ast.Name(id="Session") | ast.Attribute(attr="Session")):
            return True
        case ast.Call(func=ast.Name(id="getattr"), args=[value, *_]):
            return is_session(value)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute in BUILDERS:
            return name in _imported(tree, REGISTRY)
        case ast.Attribute(value=value):
            return is_session(value) or is_table(value)
    return False


def _is_sqlalchemy(module: str) -> bool:
    return module.split(".")[0] == "sqlalchemy"


def _imported(tree: ast.Module, package: str) -> dict[str, str]:
    """Local names of what comes from a package, with the full names."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(package):
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        if isinstance(node, ast.Import):
            found.update(
                {alias.asname: alias.name for alias in node.names if alias.asname and alias.name.startswith(package)}
            )
    return found


def _is_opened_session(value: ast.expr) -> bool:
    """A session as such: an attribute called session, or what ``inspect`` and ``Session`` give."""
    match value:
        case ast.Attribute(attr="session"):
            return True
        case ast.Call(func=ast.Attribute(attr="inspect" | "Session") | ast.Name(id="Session")):
            return True
    return False


def _is_opened_registry(tree: ast.Module) -> Test:
    makers = OPENING | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.returns is not None and _says(node.returns, "Registry")
    }

    def opened(value: ast.expr) -> bool:
        match value:
            case ast.Attribute(attr="registry"):
                return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name in makers
        return False

    return opened


def _is_table(tree: ast.Module) -> Test:
    """A class of trials.registry.tables, by whatever name it came in."""
    classes = {
        local for local, name in _imported(tree, f"{REGISTRY}.tables").items() if name.split(".")[-1][0].isupper()
    }
    modules = {local for local, name in _imported(tree, REGISTRY).items() if name == f"{REGISTRY}.tables"}

    def table(value: ast.expr) -> bool:
        match value:
            case ast.Name(id=name):
                return name in classes
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                return module in modules and name[0].isupper()
        return False

    return table


def _bound(tree: ast.Module, type_name: str, made: Test) -> Test:
    """Whether an expression is of a kind: made as ``made`` says, a name declared of the type, or a name for either."""
    names: set[str] = set()

    def of_the_kind(value: ast.expr) -> bool:
        return made(value) or (isinstance(value, ast.Name) and value.id in names)

    before = -1
    while len(names) != before:
        before = len(names)
        for node in ast.walk(tree):
            match node:
                case ast.arg(arg=name, annotation=ast.expr() as said) if type_name and _says(said, type_name):
                    names.add(name)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=said) if type_name and _says(said, type_name):
                    names.add(name)
                case ast.Assign(targets=targets, value=value) if of_the_kind(value):
                    names.update(target.id for target in targets if isinstance(target, ast.Name))
                case ast.NamedExpr(target=ast.Name(id=name), value=value) if of_the_kind(value):
                    names.add(name)
                case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)) if of_the_kind(value):
                    names.add(name)
    return of_the_kind


def _says(annotation: ast.expr, type_name: str) -> bool:
    """Whether an annotation speaks of a type, in a union or a string too."""
    for node in ast.walk(annotation):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                if name == type_name:
                    return True
            case ast.Constant(value=str(text)):
                if type_name in text.replace("|", " ").replace(".", " ").split():
                    return True
    return False

"""Queries and commits are found whatever they look like, and nothing else is taken for one."""

import pytest

from tests.syntax import commits, queries

COMMITS = {
    "a unit of work": "def stage(registry: Registry):\n    with registry.write(a, 'lock') as work:\n        pass",
    "another name": "def stage(store: 'Registry'):\n    begin = store.write\n",
    "made here": "book = open_registry(settings)\nbook.write(actor, 'lock')",
    "from a function of its own": "def _home() -> Registry: ...\nheld = _home()\nheld.write(actor, 'lock')",
    "kept in an object": "self.registry.write(actor, 'lock')",
    "on a stack": "stack.enter_context(anything.write(actor, 'lock'))",
    "with an account of it": "work.commit({'version': 1})",
    "of anything": "a.b[0].commit(\n)",
    "not called at once": "later = work.commit",
    "by name": "getattr(work, 'commit')()",
    "migrating": "registry.write_raised(actor, 'migrate')",
    "made by hand": "UnitOfWork(session, actor, 'lock', None, head)",
}
NO_COMMITS = {
    "a file": "with path.open('w') as file:\n    file.write('text')",
    "a snapshot": "def f(registry: Registry):\n    return registry.snapshots.write(rows)",
    "an engine": "engine.write(rows, path)",
    "a page": "st.write('words')",
    "reading": "with registry.read(actor) as reader:\n    reader.portfolio()",
    "words": "'registry.write( and work.commit()'",
}
QUERIES = {
    "SQLAlchemy": "import sqlalchemy as sa",
    "a part of it": "from sqlalchemy import select",
    "a part within a function": "def f():\n    import sqlalchemy.orm",
    "the type and more": "from sqlalchemy.orm import Session, joinedload",
    "by its name": "import importlib\nimportlib.import_module('sqlalchemy')",
    "a row by its key": "def f(session: Session):\n    return session.get(tables.Trial, 'a')",
    "a statement": "def f(s: 'Session | None'):\n    s.execute(statement)",
    "a unit of work's session": "work.session.scalars(statement)",
    "under another name": "db = work.session\ndb.scalar(statement)",
    "a session that was given": "with registry.inspect(actor, 'lock') as book:\n    book.get_one(Row, 1)",
    "a session of its own": "with Session(engine) as new:\n    pass",
    "by attribute": "def f(session: Session):\n    getattr(session, 'get')(Row, 1)",
    "a column": "from trials.registry import tables\nnumber(tables.ReturnedFile.kind == 'contacts')",
    "a column of a table under another name": "from trials.registry import tables as t\nx = t.Trial\nf(x.id)",
    "a column of a class": "from trials.registry.tables import Trial\nf(Trial.id)",
    "borrowed from a query": "from trials.registry.queries.plans import select",
    "borrowed from its module": "from trials.registry.queries import plans\nplans.select(1)",
}
NO_QUERIES = {
    "the type of a session": "from sqlalchemy.orm import Session\ndef f(session: Session):\n    draw_of(session, 'a')",
    "a session handed on": "with registry.inspect(actor, 'lock') as session:\n    draw_of(session, work.session)",
    "a new row": "from trials.registry import tables\nwork.add(tables.Trial(id='a'))",
    "a table named": "from trials.registry import tables\nqueries.next_number(work.session, tables.Decision, 'a')",
    "a mapping": "found.get('a')",
    "columns of a frame": "from data.engine import open_engine\nrows.select('a').filter('b')",
    "the session of a screen": "from dashboards import session\nsession.portfolio()",
    "Streamlit's": "st.session_state.get('trial')",
    "words": "'select(tables.Trial)'",
}  # fmt: skip


@pytest.mark.parametrize("kind", COMMITS)
def test_every_commit_is_found(kind):
    assert commits(COMMITS[kind])


@pytest.mark.parametrize("kind", NO_COMMITS)
def test_nothing_else_is_a_commit(kind):
    assert commits(NO_COMMITS[kind]) == []


@pytest.mark.parametrize("kind", QUERIES)
def test_every_query_is_found(kind):
    assert queries(QUERIES[kind])


@pytest.mark.parametrize("kind", NO_QUERIES)
def test_nothing_else_is_a_query(kind):
    assert queries(NO_QUERIES[kind]) == []

"""A trial is designed and locked by keyboard alone: a doubt and its override, a text that changed, a refused lock."""

from __future__ import annotations

from datetime import timedelta

import pyarrow.parquet as pq

from dashboards.widgets import inert
from data.cohort.demonstrations import DEMONSTRATIONS
from data.cohort.population import population
from tests.browser.conftest import settled
from tests.trials.examples import SECOND, as_read
from trials.access import LOCAL_ACTOR
from trials.demonstration_approvals import approvals
from trials.registry import open_registry
from trials.registry.design_facts import facts_of
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.amend import confirm_amendment
from trials.stages.enter import enter
from trials.stages.export_design import export_design
from trials.stages.population import load_population

DESIGN = "late-2027"
TITLE = "A reminder letter for overdue Self Assessment returns"
DOUBTED = "How will these customers react?"
MOST_TABS = 250
# What has the focus: its name, what it is, and the name of the options that it is one of.
FOCUSED = """() => {
    const part = document.activeElement;
    if (!part || part === document.body) return ['', '', ''];
    const group = part.closest('[role="radiogroup"]');
    const name = part.getAttribute('aria-label') || part.closest('label')?.innerText || part.innerText || '';
    return [name.trim(), part.tagName, group?.getAttribute('aria-label') || ''];
}"""


class Keyboard:
    """A person without a mouse: Tab leads from one thing to the next, and what has the focus is used."""

    def __init__(self, page):
        self.page = page

    def focused(self):
        return self.page.evaluate(FOCUSED)

    def to(self, name, *, kinds=("INPUT", "TEXTAREA"), group=None):
        """Go on with Tab until the part of that name has the focus."""
        seen = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            held = self.focused()
            seen.append(held)
            alike = name is None or (held[0] == name if kinds == ("BUTTON",) else name in held[0])
            if alike and held[1] in kinds and (group is None or held[2] == group):
                return
        raise AssertionError(f"Tab never leads to {name or group}; it led to {seen}")

    def write(self, name, text, *, at_the_end=False):
        self.to(name)
        self.page.keyboard.press("Control+End" if at_the_end else "Control+A")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")
        settled(self.page)

    def choose(self, group, option):
        self.to(None, group=group)
        for _ in range(10):
            if option in self.focused()[0]:
                self.page.keyboard.press("Space")
                settled(self.page)
                return
            self.page.keyboard.press("ArrowDown")
            settled(self.page)
        raise AssertionError(f"{group}: no arrow leads to {option}")

    def press(self, name):
        self.to(name, kinds=("BUTTON",))
        self.page.keyboard.press("Enter")

    def follow(self, name, view):
        self.to(name, kinds=("A",))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"**/{view}?design={DESIGN}")
        settled(self.page)

    def step(self, title, view):
        """From the page of a step to that of another, by way of the task list."""
        self.follow("Task list", "task_list")
        self.follow(title, view)


def test_a_trial_is_designed_and_locked_by_keyboard(tmp_path, visit):
    home = tmp_path / "home"
    page = visit(home, "designs")
    keys = Keyboard(page)

    keys.write("A short name for the trial", DESIGN)
    keys.choose("Begin", "With a template")
    keys.to("Template")
    page.keyboard.type("A reminder letter")
    page.keyboard.press("Enter")
    settled(page)
    keys.press("Begin")
    page.wait_for_url(f"**/task_list?design={DESIGN}")
    settled(page)
    registry = open_registry(Settings(home=home))

    keys.follow("About the trial", "about")
    keys.write("Directorate", "Debt Management")
    keys.press("Save and continue")
    page.wait_for_url(f"**/suitability?design={DESIGN}")
    settled(page)

    keys.choose(inert(f"{DOUBTED}: How sure is it?"), "In doubt")
    keys.press("Save")
    page.get_by_text("One-to-many may not be appropriate.", exact=True).wait_for()
    settled(page)
    keys.write("Why the design goes on", "The trial will show it.")
    keys.press("Let the design go on")
    page.get_by_text("local let the design go on").wait_for()
    settled(page)

    approved_so_far(registry)
    keys.step("Approaches and wording", "approaches")
    keys.write("Wording in English", ".", at_the_end=True)
    keys.press("Save")
    page.get_by_text("Saved as revision").wait_for()
    settled(page)
    keys.step("Sign-offs", "sign_offs")
    page.get_by_text("because the text changed").first.wait_for()

    keys.step("Check, and lock", "lock")
    keys.press("Register the plan as it stands")
    page.get_by_text("Registered as version 1 of the plan.", exact=True).wait_for()
    settled(page)
    page.get_by_text("in the way of the lock.").wait_for()
    missing = page.get_by_role("table", name="What is missing").inner_text()
    assert "No population is loaded" in missing
    assert "TAA" in missing
    assert "is another since: the approaches, with their wording" in missing
    assert "the override is void" in missing
    keys.press("Look through the population")
    page.locator(".otm-refusal").wait_for()
    settled(page)

    load(registry, tmp_path)
    sign_again(registry)
    keys.step("Approval", "approval")
    for gate in ("Gateway 2", "The lock"):
        keys.choose("For which gate?", gate)
        keys.press("Every answer still holds")
        page.get_by_text("It is on record.").wait_for()
        settled(page)
    keys.step("Check, and lock", "lock")
    page.get_by_text("Nothing stands in the way of the lock.").wait_for()
    keys.press("Look through the population")
    page.get_by_text("What the lock fixes").wait_for()
    settled(page)
    keys.press("Lock the plan")
    page.get_by_text("The plan is locked.").first.wait_for()

    amend(keys, tmp_path)
    (amendment,) = confirmed(registry)
    assert amendment.reason == "A clearer title."
    page.reload()
    settled(page)
    assert "in force since" in page.locator(".stMainBlockContainer").inner_text()
    registry.close()


def approved_so_far(registry):
    """What others put on record: who was asked, who signed, and the directorate's approval."""
    today = now().date()
    with registry.inspect(LOCAL_ACTOR, "read", DESIGN) as session:
        facts = facts_of(session, DESIGN, today)
    held = {each.entry.kind for each in facts.recorded}
    for entry in approvals(facts, today + timedelta(days=20)):
        if entry.kind not in held:
            enter(registry, LOCAL_ACTOR, DESIGN, entry, invented=True)


def sign_again(registry):
    """The texts as they are now, signed anew; the doubt and the approval, which rest on them, likewise.

    So is the size of the sample, for the customers who are loaded by now.
    """
    today = now().date()
    with registry.inspect(LOCAL_ACTOR, "read", DESIGN) as session:
        facts = facts_of(session, DESIGN, today)
    signed = {(each.entry.subject, each.entry.signatory, each.entry.digest)
              for each in facts.recorded if each.entry.kind == "signed_off"}  # fmt: skip
    for entry in approvals(facts, today + timedelta(days=20)):
        sized = entry.kind == "signed_off" and entry.signatory == "kai"
        again = sized or entry.kind in ("own_route_approved", "doubt_overridden")
        if again or (entry.kind == "signed_off" and (entry.subject, entry.signatory, entry.digest) not in signed):
            enter(registry, LOCAL_ACTOR, DESIGN, entry.model_copy(update={"on": today}), read=as_read(registry, DESIGN),
                  invented=sized)  # fmt: skip


def load(registry, folder):
    _, path = export_design(registry, LOCAL_ACTOR, DESIGN, folder / "plan")
    pq.write_table(population(1, 2000, DEMONSTRATIONS["C"].kind), folder / "customers.parquet")
    load_population(registry, LOCAL_ACTOR, folder / "customers.parquet", path, synthetic=True)


def amend(keys, folder):
    page = keys.page
    plan = folder / "plan" / "protocol.yaml"
    plan.write_text(plan.read_text("utf-8").replace(TITLE, "A reminder for overdue returns"), "utf-8")
    keys.follow("Task list", "task_list")
    keys.follow("Amend the locked plan", "amend")
    for place, files in enumerate(([plan], list((folder / "plan" / "wording").iterdir()))):
        page.locator('input[type="file"]').nth(place).set_input_files(files)
        settled(page)
    keys.write("Why it is amended", "A clearer title.")
    keys.press("Propose it")
    page.get_by_text("is proposed. The plan in force stays until it is confirmed.").wait_for()
    settled(page)


def confirmed(registry):
    confirm_amendment(registry, SECOND, DESIGN, 1)
    with registry.read(LOCAL_ACTOR, DESIGN) as reader:
        return reader.amendments(DESIGN)[0]

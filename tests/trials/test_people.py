"""What takes two people takes two people, however each of them types their name."""

from __future__ import annotations

import pytest

from tests.trials.examples import allocated
from trials.access import Actor, parse_actor, same_person
from trials.errors import AccessRefused, TrialRefused
from trials.life import Standing, require
from trials.registry import queries
from trials.stages.void import confirm_void, request_void

ALIKE = [
    "ada byrne", "ADA BYRNE", "Ada  Byrne", " Ada Byrne ", "Ada Byrne.", "Ada Byrne..", "Ada\u00a0Byrne",
    "Ada\u2007Byrne", "Ada\u3000Byrne", "Ada\tByrne", "Ada\u200b Byrne", "A\u200dda Byrne", "Ada Byrne\u2060",
    "Ada\u034f Byrne",
    "Ada \ufe0fByrne", "\u3164Ada Byrne", "Ada\u2800Byrne", "ＡＤＡ Byrne", "Ada-Byrne", "Ada, Byrne", "𝐀𝐝𝐚 Byrne",
    "\ufeffAda Byrne",
]  # fmt: skip


@pytest.mark.parametrize("name", ALIKE, ids=ascii)
def test_a_name_typed_in_another_way_is_the_same_person(name):
    assert same_person("Ada Byrne", name)
    standing = Standing("t", locked=True, seed_drawn=True, void_asked_by="Ada Byrne")
    with pytest.raises(TrialRefused, match="two different people"):
        require(standing, "confirm_void", by=name)
    asked = Standing("t", replaceable=True, evaluated=2, correction_asked_by=name)
    with pytest.raises(TrialRefused, match="two different people"):
        require(asked, "confirm_correction", by="Ada Byrne")


@pytest.mark.parametrize("name", ["Ada Byrnes", "Ida Byrne", "Ada", "AdaByrne", "Ada B", "Ada Byrne 2", "Adà Byrne"])
def test_another_name_is_another_person(name):
    assert not same_person("Ada Byrne", name)
    require(Standing("t", seed_drawn=True, void_asked_by="Ada Byrne"), "confirm_void", by=name)


def test_letters_of_any_alphabet_and_names_of_signs_alone_are_compared():
    assert same_person("Straße", "STRASSE")
    assert same_person("Ζωή", "ΖΩΉ")
    assert same_person("e\u0301mile", "Émile")
    assert not same_person("李明", "李四")
    assert same_person("?", " ?")
    assert not same_person("?", "!")


@pytest.mark.parametrize(
    ("name", "other"),
    [("Ann", "ann"), ("Ann", "\uff21\uff4e\uff4e"), ("Ann", " A\u200bnn "), ("POE", "\u0420\u041e\u0415"),
     ("Bob", "\u0412\u041e\u0412"),
     ("NINA", "\u039d\u0399\u039d\u0391"), ("Hector Ix", "Hector \u0406\u0425")],
    ids=ascii,
)  # fmt: skip
def test_names_that_cannot_be_told_apart_are_one_persons(name, other):
    """Each word is in one alphabet, so that none mixes any."""
    assert same_person(name, other)


@pytest.mark.parametrize("name", ["\u0410da Byrne", "Ad\u0430 Byrne", "Ada By\u03c1ne"], ids=ascii)
def test_a_name_that_looks_like_another_by_mixing_alphabets_is_refused(name):
    with pytest.raises(AccessRefused, match=r"several alphabets.*look like that of another person"):
        parse_actor(f"{name}:manager")


LOOK_ALIKES = [
    ("Kate Bell", "K\u0251te Bell"), ("Kate Bell", "Kate Be\u01c0l"), ("Kate Bell", "Kate BeIl"),
    ("Kate Bell", "Kate Be1l"), ("Kate Bell", "Kate Be|l"), ("Gail Innes", "\u0261ail innes"), ("Ali", "al\u0131"),
    ("Ali", "ali\u0307"), ("Otto", "\u1d0ftto"), ("Otto", "0tto"), ("Vera", "\u1d20era"), ("Wim", "\u1d21im"),
    ("Ken", "\u0138en"), ("Hana", "\u029cana"), ("Lee", "\u029fee"), ("Paul", "\u01bfaul"), ("Sam", "\ua731am"),
    ("Analyst 1", "Analyst l"), ("Analyst 10", "Analyst lO"), ("Coco", "\u0441\u043e\u0441\u043e"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "other"), LOOK_ALIKES, ids=ascii)
def test_letters_that_look_like_latin_ones_are_these(name, other):
    assert same_person(name, other)
    assert same_person(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("Neil", "Nell"), ("Ian Mills", "Lan Mills"), ("Analyst 1", "Analyst 2"), ("Ana", "Anna"), ("Mila", "Milla"),
     ("Kate", "K\u00e4te"), ("Ed", "\u0112d")],
    ids=ascii,
)  # fmt: skip
def test_names_that_differ_are_several_persons(name, other):
    assert not same_person(name, other)


@pytest.mark.parametrize(
    "name",
    ["K\u0251te Bell", "Kate Be\u01c0l", "\u13e6\u13aa\u13a2\u13ac", "\ua4d7\ua4ee\ua4d4\ua4f0", "\u0261ail",
     "Ka\u05d5l", "\u2c95 Bell", "Kat\u212e\u01c0", "\u1d20era", "\u0138en"],
    ids=ascii,
)  # fmt: skip
def test_a_name_of_letters_that_stand_for_others_is_refused(name):
    with pytest.raises(AccessRefused, match="look like that of another person"):
        parse_actor(f"{name}:manager")


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Øst",
        "Þóra Æsk",
        "Đặng Thị",
        "Şeyma",
        "Ayşegül Ñuñez",
        "Ọlá Ɛsi",
        "محمد علي",
        "अमित",
        "עדי",
        "Նարե",
        "山田 はな",
        "김민준",
        "O’Neill-Ap Huw",
    ],
)
def test_names_of_people_are_names(name):
    assert parse_actor(f"{name}:manager") == Actor(name, "manager")


@pytest.mark.parametrize("name", ["Анна Byrne", "Zoë Müller-Ó Briain", "Ζωή 2", "李 Ming"])
def test_words_of_one_alphabet_each_are_names(name):
    assert parse_actor(f"{name}:manager") == Actor(name, "manager")


def test_a_void_by_one_person_in_two_spellings_is_refused_and_the_names_are_kept_as_typed(registry, files):
    allocated(registry, files)
    request_void(registry, Actor("Ada  Byrne", "all"), files.trial, reason="wrong file")
    with pytest.raises(TrialRefused, match="two different people"):
        confirm_void(registry, Actor("ada byrne.", "all"), files.trial)
    confirm_void(registry, Actor("B. Other", "all"), files.trial)
    with registry.inspect(Actor("x", "all"), "verify") as session:
        void = queries.void_of(session, files.trial)
    assert (void.requested_by, void.confirmed_by) == ("Ada  Byrne", "B. Other")

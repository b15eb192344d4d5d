"""Words are found by their beginning, with or without their marks, alike on both databases."""

import pytest

from tercet.customers.models import Company
from tercet.record import search


@pytest.fixture
def companies(world):
    made = [
        Company.objects.create(workspace=world.quay, name=name, domain=domain)
        for name, domain in [
            ("Müller Werkzeuge", "mueller.example"),
            ("Muller Tools", "muller.example"),
            ("Łódź Port", "lodz.example"),
            ("Norda", "norda.example"),
        ]
    ]
    search.index(*made)
    return made


def found(text, member):
    return {hit.title for hit in search.search(text, member=member)}


def test_finds_by_the_beginning_of_a_word(companies, world):
    assert found("nor", world.vic) == {"Norda"}


@pytest.mark.parametrize("text", ["müller", "muller", "MÜLLER"])
def test_marks_and_case_make_no_difference(companies, world, text):
    assert found(text, world.vic) == {"Müller Werkzeuge", "Muller Tools"}


def test_all_words_must_be_there(companies, world):
    assert found("muller tools", world.vic) == {"Muller Tools"}


def test_a_thing_indexed_again_is_found_by_its_new_name_only(companies, world):
    norda = companies[-1]
    norda.name = "Süda"
    norda.save()
    search.index(norda)

    assert found("norda.example", world.vic) == {"Süda"}
    assert found("suda", world.vic) == {"Süda"}


def test_what_left_the_index_is_not_found(companies, world):
    search.unindex("company", [companies[-1].pk])

    assert found("norda", world.vic) == set()


def test_another_workspace_finds_nothing(companies, world):
    assert found("norda", world.oto) == set()


@pytest.mark.parametrize("text", ["", "   ", '"', "a OR b*", "(", "NEAR(", "'; DROP TABLE", "&|!"])
def test_signs_of_the_query_language_do_no_harm(companies, world, text):
    search.search(text, member=world.vic)

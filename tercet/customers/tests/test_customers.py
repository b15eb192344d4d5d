"""Companies, contacts and owners: lists, pages, and the little that people change."""

import pytest
from django.urls import reverse

from tercet.customers import commands
from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.kit.refusal import Refused
from tercet.people.models import Member
from tercet.record.models import Event, ExternalId
from tercet.record.search import search


@pytest.fixture
def nord(world):
    ports = Segment.objects.create(workspace=world.quay, name="Ports")
    owner = Owner.objects.create(
        workspace=world.quay, name="Edi M.", email="edi@quay.example", team=world.sales
    )
    return Company.objects.create(
        workspace=world.quay,
        name="Harbour Nord",
        domain="nord.example",
        segment=ports,
        owner=owner,
        state="customer",
        annual_value_minor=1_200_050,
        currency="EUR",
        extra={"Berths": "48"},
    )


def page(name, *args):
    return reverse(f"customers:{name}", args=["quay", *args])


# --- lists and pages ---------------------------------------------------------------------------


def test_the_list_filters_sorts_and_downloads(world, nord, as_):
    Company.objects.create(workspace=world.quay, name="Inland Lock")
    vic = as_(world.vic)

    found = vic.get(page("companies_page"), {"state": "customer"}).content.decode()
    assert "Harbour Nord" in found
    assert "Inland Lock" not in found

    answer = vic.get(page("companies_page"), {"format": "csv", "sort": "-value"})
    sheet = b"".join(answer.streaming_content).decode().splitlines()
    assert sheet[0] == "Company,State,Segment,Annual value,Currency,Owner,Domain,Country"
    assert sheet[1] == "Harbour Nord,Customer,Ports,12000.50,EUR,Edi M.,nord.example,"


def test_amounts_are_hidden_from_viewers_everywhere(world, nord, as_):
    world.quay.hides_amounts = True
    world.quay.save()
    vic = as_(world.vic)

    answers = [
        vic.get(page("companies_page")),
        vic.get(page("companies_page"), {"sort": "-value"}),
        vic.get(page("company_page", nord.pk)),
    ]
    sheet = vic.get(page("companies_page"), {"format": "csv"})

    texts = [answer.content.decode() for answer in answers]
    texts.append(b"".join(sheet.streaming_content).decode())
    assert not [text for text in texts if "12,000" in text or "12000" in text or "Annual" in text]
    assert "€12,000.50" in as_(world.edi).get(page("company_page", nord.pk)).content.decode()


def test_a_company_opens_in_the_side_panel_and_as_a_page(world, nord, as_):
    Contact.objects.create(
        workspace=world.quay, name="Jo Brandt", email="jo@nord.example", company=nord
    )
    vic = as_(world.vic)

    whole = vic.get(page("company_page", nord.pk)).content.decode()
    panel = vic.get(page("company_page", nord.pk), headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in panel
    for text in ("Harbour Nord", "Ports", "Jo Brandt", "Berths", "Comments"):
        assert text in panel


@pytest.mark.parametrize(
    "name", ["companies_page", "contacts_page", "owners_page", "segments_page"]
)
def test_every_list_stands_empty_too(world, as_, name):
    assert as_(world.vic).get(page(name)).status_code == 200


def test_nothing_of_another_workspace_is_there(world, nord, as_):
    oto = as_(world.oto)

    assert oto.get(reverse("customers:company_page", args=["mill", nord.pk])).status_code == 404
    listed = oto.get(reverse("customers:companies_page", args=["mill"]))
    assert "Harbour Nord" not in listed.content.decode()


def test_the_list_stays_within_its_queries(world, nord, as_, django_assert_max_num_queries):
    vic = as_(world.vic)
    for number in range(60):
        Company.objects.create(
            workspace=world.quay, name=f"Port {number:02}", owner=nord.owner, segment=nord.segment
        )

    with django_assert_max_num_queries(12):
        vic.get(page("companies_page"))
    with django_assert_max_num_queries(16):
        vic.get(page("company_page", nord.pk))


# --- companies made here -----------------------------------------------------------------------


def test_a_company_is_added_and_found(world):
    company = commands.add_company(
        world.quay, name="  Inland   Lock ", domain="WWW.Lock.example", by=world.edi
    )

    assert (company.name, company.domain) == ("Inland Lock", "lock.example")
    assert [hit.thing for hit in search("inl", member=world.vic)] == [company]
    assert Event.objects.get().kind == "company.added"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": " "}, "Give the company a name"),
        ({"name": "A", "domain": "not a domain"}, "not a domain"),
        ({"name": "A", "domain": "nord.example"}, "has the domain"),
        ({"name": "A", "state": "friend"}, "prospect, a customer"),
    ],
)
def test_what_makes_no_sense_is_refused(world, nord, fields, why):
    with pytest.raises(Refused, match=why):
        commands.add_company(world.quay, by=world.edi, **fields)


def test_only_editors_add(world, as_):
    with pytest.raises(Refused, match="Only an editor"):
        commands.add_company(world.quay, name="Inland Lock", by=world.cora)
    assert as_(world.cora).post(page("add_company"), {"name": "A"}).status_code == 403


def test_what_a_source_mirrors_is_changed_there(world, nord):
    ExternalId.objects.create(
        workspace=world.quay, source="HubSpot", kind="company", external_id="7", thing_id=nord.pk
    )

    with pytest.raises(Refused, match="comes from HubSpot"):
        change(world, nord, name="Nord")


def test_a_change_is_taken_back_while_nobody_changed_it_since(world, nord):
    first = change(world, nord, name="Nord", state="former")
    nord.refresh_from_db()
    commands.undo_change(first, by=world.edi)
    nord.refresh_from_db()
    assert (nord.name, nord.state) == ("Harbour Nord", "customer")

    with pytest.raises(Refused, match="meanwhile"):
        commands.undo_change(first, by=world.edi)


def test_two_who_change_a_company_do_not_overwrite_each_other(world, nord):
    change(world, nord, name="Nord")

    with pytest.raises(Refused, match="meanwhile"):
        change(world, nord, name="Harbour N.", version=1)


def test_an_archived_company_is_out_of_lists_and_search_until_it_is_back(world, nord):
    from tercet.record.search import index

    index(nord)
    event = commands.archive_company(nord, by=world.edi, now=world.now)
    assert search("nord", member=world.vic) == []

    commands.undo_change(event, by=world.edi)

    assert [hit.thing for hit in search("nord", member=world.vic)] == [nord]


def change(world, company, *, version=None, **fields):
    company.refresh_from_db()
    wanted = {
        "name": company.name,
        "domain": company.domain,
        "state": company.state,
        "segment": company.segment,
        **fields,
    }
    return commands.change_company(
        company, version=version or company.version, by=world.edi, **wanted
    )


# --- owners ------------------------------------------------------------------------------------


def test_an_administrator_says_who_an_owner_is(world, nord, as_):
    form = {"member": world.edi.pk}
    assert as_(world.edi).post(page("match_owner", nord.owner.pk), form).status_code == 403

    as_(world.ada).post(page("match_owner", nord.owner.pk), form)

    nord.owner.refresh_from_db()
    assert nord.owner.member == world.edi
    event = Event.objects.get()
    assert event.data["names"] == ["", "Edi Moor"]

    commands.undo_change(event, by=world.ada)
    nord.owner.refresh_from_db()
    assert nord.owner.member is None


def test_a_member_of_another_workspace_is_nobody_here(world, nord, as_):
    with pytest.raises(Refused):
        commands.match_owner(nord.owner, world.oto, by=world.ada)

    answer = as_(world.ada).post(page("match_owner", nord.owner.pk), {"member": world.oto.pk})
    assert answer.status_code == 422
    assert Member._base_manager.filter(owners=nord.owner).count() == 0


def test_the_list_says_who_is_not_here_and_who_left(world, nord, as_):
    Owner.objects.create(workspace=world.quay, name="Lea Falk", member=world.lea)

    text = as_(world.vic).get(page("owners_page")).content.decode()

    assert "Not here yet" in text
    assert "Left on 31 Jul 2026" in text

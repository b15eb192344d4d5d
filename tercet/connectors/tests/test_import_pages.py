"""The way of a file through the pages, as a person goes it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tercet.record import jobs
from tercet.record.models import Event, Import
from tercet.revenue.models import Deal

DEALS = (
    "Deal ID,Deal Name,Account Name,Deal Stage,Close Date,Amount,Deal Owner\n"
    "d1,Pilot,Acme,Closed Won,2026-03-01,1200.50,Nora Quist\n"
    "d2,Roll-out,Byte,Demo,2026-04-01,800,Edi Moor\n"
    "1.2E+11,Ruined,Byte,Demo,2026-04-01,800,Edi Moor\n"
)


def send(as_, who, text=DEALS, **more):
    data = {
        "file": SimpleUploadedFile("deals.csv", text.encode()),
        "source": "HubSpot",
        "kind": "auto",
    }
    return as_(who).post("/quay/imports/new/", {**data, **more})


def uploaded(as_, who, text=DEALS) -> Import:
    answer = send(as_, who, text)
    assert answer.status_code == 302, answer.content.decode()
    jobs.run_due()
    return Import.objects.get()


def sent_back(client, row, **changes):
    """What the mapping page would send, with some answers changed."""
    from tercet.connectors.forms import column_rows
    from tercet.connectors.mapping.plan import Plan
    from tercet.connectors.reading.profile import Profile

    columns = column_rows(Plan.from_dict(row.plan), Profile.from_dict(row.profile))
    data = {f"column.{each.number}": each.target for each in columns}
    for each in columns:
        for target, _ in each.also:
            data.setdefault(f"also.{each.number}", []).append(target)
    return client.post(f"/quay/imports/{row.pk}/columns/", {**data, **changes})


def test_a_file_goes_from_upload_to_in_and_back(world, as_):
    client = as_(world.edi)
    row = uploaded(as_, world.edi)
    assert (row.state, row.source, row.kind) == ("to_map", "hubspot", "deals")
    assert "Deal ID" in client.get(f"/quay/imports/{row.pk}/columns/").content.decode()

    answer = sent_back(client, row)
    assert answer.status_code == 422
    assert "In which currency" in answer.content.decode()

    assert sent_back(client, row, **{"answer.currency": "EUR"}).status_code == 302
    jobs.run_due()
    page = client.get(f"/quay/imports/{row.pk}/").content.decode()
    assert "Tried out" in page
    assert "1.2E+11" in page
    assert not Deal.objects.exists()

    client.post(f"/quay/imports/{row.pk}/start/")
    jobs.run_due()
    page = client.get(f"/quay/imports/{row.pk}/").content.decode()
    assert Deal.objects.count() == 2
    assert "In since" in page
    assert "Is Edi Moor" in page
    assert "Not here yet" in page
    assert "Acme" in page

    client.post(f"/quay/imports/{row.pk}/undo/")
    jobs.run_due()
    assert not Deal.objects.exists()
    assert "Taken back" in client.get(f"/quay/imports/{row.pk}/").content.decode()
    assert "Taken back" in client.get("/quay/imports/").content.decode()


def test_refused_rows_are_mended_and_brought_in_again(world, as_):
    client = as_(world.edi)
    row = uploaded(as_, world.edi)
    sent_back(client, row, **{"answer.currency": "EUR"})
    jobs.run_due()
    client.post(f"/quay/imports/{row.pk}/start/")
    jobs.run_due()

    refused = client.get(f"/quay/imports/{row.pk}/refused.csv")
    text = b"".join(refused.streaming_content).decode("utf-8-sig")
    assert "refused_reason" in text.splitlines()[0]

    send(as_, world.edi, text.replace("1.2E+11", "d3"))
    jobs.run_due()
    mended = Import.objects.first()
    assert mended.plan["parts"][0]["constants"] == {"currency": "EUR"}
    client.post(f"/quay/imports/{mended.pk}/start/")
    jobs.run_due()
    assert Deal.objects.count() == 3


def test_a_poll_that_finds_nothing_new_is_empty(world, as_):
    client = as_(world.edi)
    send(as_, world.edi)
    row = Import.objects.get()
    first = client.get(f"/quay/imports/{row.pk}/", headers={"HX-Request": "true"})
    seen = first.content.decode().split("?seen=")[1].split('"')[0]

    again = client.get(f"/quay/imports/{row.pk}/?seen={seen}", headers={"HX-Request": "true"})
    assert again.status_code == 204

    jobs.run_due()
    moved = client.get(f"/quay/imports/{row.pk}/?seen={seen}", headers={"HX-Request": "true"})
    assert "Look at the columns" in moved.content.decode()


def test_a_damaged_file_says_what_is_wrong(world, as_):
    row = uploaded(as_, world.edi, "%PDF-1.7 this is no table")

    assert row.state == "failed"
    assert "not a table" in as_(world.edi).get(f"/quay/imports/{row.pk}/").content.decode()


def test_two_columns_for_one_field_are_refused(world, as_):
    client = as_(world.edi)
    row = uploaded(as_, world.edi)

    answer = sent_back(client, row, **{"column.0": "deals.name", "answer.currency": "EUR"})

    assert answer.status_code == 422
    assert "both fill Deals: Name" in answer.content.decode()


def test_cancelling_stops_it(world, as_):
    client = as_(world.edi)
    row = uploaded(as_, world.edi)
    client.post(f"/quay/imports/{row.pk}/cancel/")
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert client.post(f"/quay/imports/{row.pk}/undo/").status_code == 422
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["import.uploaded", "import.cancelled"]


def test_an_upload_without_a_file_is_refused(world, as_):
    answer = as_(world.edi).post("/quay/imports/new/", {"source": "x", "kind": "auto"})

    assert answer.status_code == 422
    assert "Choose a file." in answer.content.decode()


def test_an_empty_list_says_how_to_start(world, as_):
    page = as_(world.vic).get("/quay/imports/").content.decode()

    assert "From HubSpot" in page
    assert "imports/new" not in page


@pytest.mark.parametrize(("who", "status"), [("vic", 403), ("cora", 403), ("oto", 404)])
def test_only_editors_bring_files_in(world, as_, who, status):
    assert send(as_, getattr(world, who)).status_code == status
    assert not Import.objects.exists()


LEADS = (
    "Record ID,Email,Lifecycle Stage,Create Date,Last Contacted,Number of times contacted\n"
    "1,ann@acme.example,Lead,2026-02-20,2026-02-22,1\n"
    "2,bea@byte.example,Lead,2026-02-21,,0\n"
)


def test_a_guessed_follow_up_column_can_be_denied(world, as_):
    client = as_(world.edi)
    row = uploaded(as_, world.edi, LEADS)
    page = client.get(f"/quay/imports/{row.pk}/columns/").content.decode()
    guessed = next(each for each in row.plan["asks"] if each["key"] == "followed_up")["default"]
    assert guessed in ("Last Contacted", "Number of times contacted")
    assert "None of them" in page

    sent_back(client, row, **{"answer.followed_up": ""})
    row.refresh_from_db()

    fills = {fill["field"] for part in row.plan["parts"] for fill in part["fills"]}
    assert "followed_up" not in fills


def test_a_file_without_a_follow_up_column_says_so_instead_of_asking(world, as_):
    row = uploaded(as_, world.edi, "Lead ID,Created,Origin\n1,2026-02-20,Fair\n2,2026-02-21,Web\n")
    page = as_(world.edi).get(f"/quay/imports/{row.pk}/columns/").content.decode()

    assert "No column of this file shows that a lead was followed up" in page
    assert "answer.followed_up" not in page

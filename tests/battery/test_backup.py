"""A backup brings back every row and file, on either database, and a damaged one is refused."""

import tarfile

import pytest
from django.conf import settings
from django.core.management import call_command

from tercet.customers.models import Company
from tercet.kit.refusal import Refused
from tercet.people.models import Person, Workspace
from tercet.record.backup import back_up, last_backup, restore, verify

pytestmark = pytest.mark.flushes


@pytest.fixture
def saved(transactional_db, tmp_path):
    from django_scopes import scope

    from conftest import build_world

    quay = build_world().quay
    with scope(workspace=quay):
        Company.objects.create(
            workspace=quay, name="Nørd & Søn", annual_value_minor=8_400_000, extra={"a": [1, None]}
        )
    file = settings.ENV.data / "facts" / "1" / "part.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"rows")
    archive = tmp_path / "backup.tar"
    back_up(archive)
    return archive


def test_restores_all_rows_and_files_into_an_empty_place(saved):
    call_command("flush", interactive=False, verbosity=0)
    (settings.ENV.data / "facts" / "1" / "part.parquet").unlink()

    restore(saved)

    company = Company._base_manager.get()
    assert (company.name, company.annual_value_minor) == ("Nørd & Søn", 8_400_000)
    assert company.extra == {"a": [1, None]}
    assert Person.objects.filter(email="ada@quay.example").exists()
    assert (settings.ENV.data / "facts" / "1" / "part.parquet").read_bytes() == b"rows"
    assert last_backup()["size"] > 0


def test_new_rows_get_new_ids_after_a_restore(saved):
    call_command("flush", interactive=False, verbosity=0)
    restore(saved)

    assert Workspace.objects.create(name="New", slug="new-one").pk


def test_refuses_to_restore_over_people(saved):
    with pytest.raises(Refused, match="not empty"):
        restore(saved)


def test_refuses_a_flipped_byte(saved):
    with tarfile.open(saved) as archive:
        offset = archive.getmember("tables/customers.company.jsonl.gz").offset_data + 20
    content = bytearray(saved.read_bytes())
    content[offset] ^= 1
    saved.write_bytes(content)

    with pytest.raises(Refused, match=r"customers\.company"):
        verify(saved)

"""On Django's own groups: 120 rows with ties and empty values in the column `size`."""

import csv
import io
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Cast, NullIf, Substr
from django.http import QueryDict
from markupsafe import Markup

from tercet.kit.tables import Column, Filter, Table, guard, sort_key

SIZES = ["03", "--", "11", "07", "03", "--"]
TABLE = Table(
    columns=[
        Column("name", "Name", sort="name", link=lambda group: f"/groups/{group.pk}"),
        Column("size", "Size", sort="size", cell=lambda group: group.size, is_number=True),
        Column("owner", "Owner", sort="owner", cell="owner", is_person=True),
    ],
    filters=[
        Filter("size", "Size", "choice", "size", options=[("03", "Three"), ("11", "Eleven")]),
        Filter("starts", "Starts with", "text", "name"),
        Filter("owned_by", "Owner", "choice", "owner", options=[("Ada", "Ada")], is_person=True),
    ],
    default_sort="name",
    search=["name"],
)


@pytest.fixture
def groups(db):
    Group.objects.bulk_create(
        Group(name=f"{number:03}|{SIZES[number % 6]}|Ada") for number in range(120)
    )
    return Group.objects.annotate(
        size=NullIf(Substr("name", 5, 2), models.Value("--")),
        owner=Cast(Substr("name", 8, 3), models.CharField()),
    )


def walk(queryset, query="", **more):
    """Every page from the first to the last."""
    pages = [TABLE.page(queryset, QueryDict(query), **more)]
    while pages[-1].next_url:
        pages.append(TABLE.page(queryset, QueryDict(pages[-1].next_url[1:]), **more))
    return pages


def names(page):
    return [row.name for row in page.rows]


@pytest.mark.parametrize("sort", ["name", "-name", "size", "-size"])
def test_pages_show_every_row_once_forward_and_back(groups, sort):
    pages = walk(groups, f"sort={sort}")
    seen = [name for page in pages for name in names(page)]

    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert len(set(seen)) == 120

    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = TABLE.page(groups, QueryDict(back.previous_url[1:]))
        assert names(back) == names(page)
    assert back.previous_url == ""


@pytest.mark.parametrize("sort", ["size", "-size"])
def test_rows_without_a_value_come_last_in_both_directions(groups, sort):
    sizes = [row.size for page in walk(groups, f"sort={sort}") for row in page.rows]
    known = [size for size in sizes if size is not None]

    assert sizes == known + [None] * 40
    assert known == sorted(known, reverse=sort == "-size")


def test_a_page_costs_two_queries_and_one_for_rows_without_a_value(
    groups, django_assert_num_queries
):
    with django_assert_num_queries(2):
        second = TABLE.page(groups, QueryDict("sort=-size")).next_url
    with django_assert_num_queries(3):
        TABLE.page(groups, QueryDict(second[1:]))


@pytest.mark.parametrize("cursor", ["x", "WzEsMiwzXQ:abc", "%00", "a" * 500])
def test_a_tampered_cursor_shows_the_first_page(groups, cursor):
    assert names(TABLE.page(groups, QueryDict(f"after={cursor}")))[0].startswith("000")
    assert names(TABLE.page(groups, QueryDict(f"before={cursor}")))[0].startswith("000")


def test_a_cursor_of_another_sort_shows_the_first_page(groups):
    cursor = dict(parse_qsl(TABLE.page(groups, QueryDict("")).next_url[1:]))["after"]
    params = QueryDict(mutable=True)
    params.update({"after": cursor, "sort": "-name"})

    assert names(TABLE.page(groups, params))[0].startswith("119")


def test_only_what_is_declared_is_read_from_the_url(groups):
    query = "sort=password&size=99&size=03&id=5&starts=%00&name__startswith=9"
    page = TABLE.page(groups, QueryDict(query), keep={"period": "2026-Q3"})

    assert page.sort == "name"
    assert page.count == 40
    assert page.csv_url == "?period=2026-Q3&size=03&format=csv"
    assert [chip.label for chip in page.chips] == ["Size: Three"]
    assert page.chips[0].remove_url == "?period=2026-Q3"


def test_filters_and_search_narrow_the_rows(groups):
    assert TABLE.page(groups, QueryDict("size=03&size=11")).count == 60
    assert names(TABLE.page(groups, QueryDict("starts=007"))) == ["007|--|Ada"]
    assert names(TABLE.page(groups, QueryDict("q=119"))) == ["119|--|Ada"]
    assert TABLE.page(groups, QueryDict("q=%25")).rows == []


@pytest.mark.parametrize("text", ["2026-02-30", "soon", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_filters_nothing_and_says_so(groups, text):
    table = Table(
        columns=TABLE.columns,
        filters=[Filter("made", "Made", "daterange", "made_at")],
        default_sort="name",
    )
    page = table.page(groups, QueryDict(f"made_from={text}"))

    assert page.count == 120
    assert page.filters[0].problem == f"“{text}” is not a day such as 2026-11-16."


def test_days_are_whole_days_of_the_zone(groups, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    groups = groups.annotate(made_at=models.Value(late, models.DateTimeField()))
    table = Table(
        columns=TABLE.columns,
        filters=[Filter("made", "Made", "daterange", "made_at")],
        default_sort="name",
    )

    assert table.page(groups, QueryDict("made_from=2026-11-16&made_to=2026-11-16")).count == 120
    assert table.page(groups, QueryDict("made_to=2026-11-15")).count == 0
    chip = table.page(groups, QueryDict("made_to=20261116")).chips[0]
    assert chip.label == "Made: … to 16 Nov 2026"


def test_the_count_stops_at_ten_thousand(db):
    Group.objects.bulk_create(Group(name=f"{number:06}") for number in range(10_002))
    queryset = Group.objects.annotate(size=models.F("name"), owner=models.F("name"))
    page = TABLE.page(queryset, QueryDict(""))

    assert page.count_text == "10,000+"


def test_without_names_a_person_is_no_column_sort_or_filter(groups):
    page = TABLE.page(groups, QueryDict("sort=owner&owned_by=Ada"), without_names=True)

    assert [column.name for column in page.columns] == ["name", "size"]
    assert page.sort == "name"
    assert [one.name for one in page.filters] == ["size", "starts"]
    assert "owned_by" not in page.csv_url
    assert "Owner" not in read_csv(TABLE.csv(groups, QueryDict(""), without_names=True))[0]


def test_csv_holds_every_row_that_the_filters_leave_in_the_page_s_order(groups):
    rows = read_csv(TABLE.csv(groups, QueryDict("size=03&sort=-name"), filename="../groups.csv"))

    assert rows[0] == ["Name", "Size", "Owner"]
    assert [row[0][:3] for row in rows[1:4]] == ["118", "114", "112"]
    assert len(rows) == 41


def test_csv_runs_no_formula_and_starts_without_a_mark(db):
    Group.objects.create(name='=HYPERLINK("http://evil.example")')
    queryset = Group.objects.annotate(size=models.Value(-5), owner=models.Value("@SUM(A1)"))
    response = TABLE.csv(queryset, QueryDict(""))

    assert read_csv(response)[1] == ['\'=HYPERLINK("http://evil.example")', "-5", "'@SUM(A1)"]
    assert response["Content-Disposition"] == 'attachment; filename="rows.csv"'


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\0=1", "  =1", "\uff1d1"]
)
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text):
    assert guard(text) == f"'{text}"
    assert guard(-1) == -1
    assert guard("a=1") == "a=1"


def test_a_page_draws_its_rows_and_links(groups, rf):
    from tercet.kit.show import show

    page = TABLE.page(groups, QueryDict("sort=-size"))
    page.rows[0].name = "<script>"
    html = show(rf.get("/"), "kit/tests/rows.html", {"page": page}).content.decode()

    assert "&lt;script&gt;" in html
    assert 'aria-sort="descending"' in html
    assert page.next_url.replace("&", "&amp;") in html


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (Column("name", "Name"), None, "—"),
        (Column("name", "Name"), True, "Yes"),
        (Column("name", "Name", is_number=True), 1234, "1,234"),
        (Column("name", "Name"), Markup("<b>x</b>"), Markup("<b>x</b>")),
    ],
)
def test_a_cell_is_shown_for_people(column, value, text):
    assert column.text(Group(name=value)) == text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"default_sort": "nothing"}, "default_sort"),
        ({"default_sort": "owner"}, "default_sort"),
        ({"default_sort": "name", "filters": [Filter("sort", "Sort", "text", "name")]}, "called"),
        ({"default_sort": "name", "filters": [Filter("a", "A", "list", "name")]}, "A filter is"),
    ],
)
def test_a_mistake_in_the_declaration_shows_at_once(more, message):
    with pytest.raises(ValueError, match=message):
        Table(columns=TABLE.columns, **more)


def test_text_sorts_by_its_bytes_on_every_database(db):
    words = ["Ä", "a", "Z", "z", "ß", "é", "e", "a b", "a-b", "ab", "😀", "İ", "_"]
    Group.objects.bulk_create(Group(name=word) for word in words)
    queryset = Group.objects.annotate(size=models.F("name"), owner=models.F("name"))

    assert names(TABLE.page(queryset, QueryDict(""))) == sorted(words, key=str.encode)
    assert names(TABLE.page(queryset, QueryDict("sort=-name"))) == sorted(
        words, key=str.encode, reverse=True
    )


def test_names_sort_without_case_and_accents():
    assert sorted(["Zebra", "österreich", "Oslo", "apple"], key=sort_key) == [
        "apple",
        "Oslo",
        "österreich",
        "Zebra",
    ]


def read_csv(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))

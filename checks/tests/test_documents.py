from checks import documents


def test_links_that_lead_nowhere_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# The first hour\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[there](other.md) [heading](other.md#the-first-hour) [web](https://example.org)\n"
        "`[code](not-a-link.md)` [gone](gone.md) [no heading](other.md#second) [own](#none)\n"
    )

    assert documents.broken_links(page) == [
        "page.md: gone.md is not there.",
        "page.md: other.md#second names no heading of that page.",
        "page.md: #none names no heading of that page.",
    ]

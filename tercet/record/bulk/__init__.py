"""Rows by the hundred thousand: brought in, compared and taken back in sets, not one by one.

bring_in(an_import, [Batch("deals", path, fields=frozenset({"external_id", "amount"}))], by=ada)
undo(an_import, by=ada)
"""

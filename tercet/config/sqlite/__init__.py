"""The SQLite that Tercet runs on: one library per process, without the WAL-reset race.

`pysqlite3` bundles its own SQLite. It takes the place of the standard module before Django
imports it, so that a process never holds two SQLite libraries on one file (they drop each
other's locks).
"""

import sys

try:
    import pysqlite3 as _sqlite
    import pysqlite3.dbapi2 as _dbapi2
except ImportError:
    import sqlite3 as _sqlite
else:
    sys.modules["sqlite3"] = _sqlite
    sys.modules["sqlite3.dbapi2"] = _dbapi2

WAL_IS_SAFE = _sqlite.sqlite_version_info >= (3, 51, 3)
VERSION = _sqlite.sqlite_version

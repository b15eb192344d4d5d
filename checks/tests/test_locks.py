from packaging.requirements import Requirement

from checks.locks import disagreements, strays, unmet

HASHED = [(Requirement("numpy==2.4.6; python_full_version < '3.12'"), 3)]
HASHED += [(Requirement("numpy==2.5.5; python_full_version >= '3.12'"), 3)]


def test_a_lock_that_fits_every_python_is_accepted():
    assert unmet("run.txt", HASHED, ["numpy>=2.1,<3"]) == []


def test_a_range_that_moved_on_is_named_with_the_python_it_lacks():
    problems = unmet("run.txt", HASHED, ["numpy>=2.5"])

    assert "run.txt: nothing satisfies “numpy>=2.5” on Python 3.11, linux." in problems
    assert not any("3.13" in problem for problem in problems)


def test_a_new_dependency_is_missed():
    assert "nothing satisfies “polars”" in unmet("run.txt", HASHED, ["polars"])[0]


def test_a_dependency_of_another_system_is_not_asked_for_here():
    assert unmet("run.txt", HASHED, ["pywin32; sys_platform == 'win32'"]) == []


def test_a_pin_without_a_hash_is_named():
    assert unmet("run.txt", [(Requirement("numpy==2.4.6"), 0)], []) == [
        "run.txt: numpy has no hash."
    ]


def test_locks_that_pin_differently_are_named():
    other = [(Requirement("numpy==2.4.5"), 1)]

    problems = disagreements({"run": other, "test": [], "check": HASHED})

    assert problems == [
        "requirements/run.txt pins numpy==2.4.5, requirements/check.txt another version."
    ]


def test_a_host_in_a_lock_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("checks.locks.ROOT", tmp_path)
    lock = tmp_path / "run.txt"
    lock.write_text(
        "--find-links mirror\nnumpy @ https://example.org/numpy.whl\nscipy==1.17.1 \\\n"
    )

    assert [problem.split(":")[1] for problem in strays(lock)] == ["1", "2"]

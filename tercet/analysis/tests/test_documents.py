import importlib
import inspect
import pkgutil

import pytest

from tercet import analysis

MODULES = [
    importlib.import_module(f"tercet.analysis.{found.name}")
    for found in pkgutil.iter_modules(analysis.__path__)
    if found.name != "tests"
]
FUNCTIONS = [
    pytest.param(thing, id=f"{module.__name__.rpartition('.')[2]}.{name}")
    for module in MODULES
    for name, thing in vars(module).items()
    if inspect.isfunction(thing)
    and not name.startswith("_")
    and thing.__module__ == module.__name__
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_public_function_says_what_goes_in_and_out_and_shows_it(function):
    text = inspect.getdoc(function) or ""
    assert "Returns\n-------" in text or "Yields\n------" in text
    assert ">>> " in text
    if inspect.signature(function).parameters:
        assert "Parameters\n----------" in text


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_module_knows_django(module):
    assert "django" not in inspect.getsource(module).lower().replace("heard of django", "")

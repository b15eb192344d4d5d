"""Figures need a worker; here it runs when a test says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tercet.record.jobs import run_due


@pytest.fixture
def worker(world: Any) -> Callable[[], int]:
    """Do all that waits, as the worker does."""
    return lambda: run_due(timezone.now() + timedelta(hours=1))


@pytest.fixture
def see(world: Any, as_: Any, worker: Callable[[], int]) -> Callable[..., Any]:
    """A page of Quay as somebody sees it once the worker has counted."""

    def look(name: str, *args: Any, who: Any = None, **params: Any) -> Any:
        address = reverse(f"revenue:{name}", args=["quay", *args])
        browser = as_(who or world.ada)
        for _ in range(2):
            browser.get(address, params)
            worker()
        return browser.get(address, params)

    return look

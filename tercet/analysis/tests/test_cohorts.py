import ibis
import numpy as np
import pytest

from tercet.analysis.cohorts import BUCKETS, bucket_of


@pytest.mark.parametrize("step", [1, 2, 7, 256])
def test_running_numbers_fall_into_buckets_as_by_chance(backend, step):
    numbers = ibis.range(0, 20_000 * step, step).unnest().name("n").as_table()
    table = (
        numbers.select(bucket=bucket_of(numbers.n)).group_by("bucket").aggregate(n=ibis._.count())
    )
    counts = backend.to_pyarrow(table)["n"].to_numpy()

    assert len(counts) == BUCKETS
    # Poisson: the variance is the mean, with a relative error of about sqrt(2 / 256).
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.3)


def test_a_bucket_is_the_same_on_every_engine(backend):
    numbers = [0, 1, 2, 2**31, 2**62]

    def by_hand(number):
        prime = 2**31 - 1
        mixed = number % prime
        for shift in (0, 7):
            mixed = pow((mixed + shift) * 48271 % prime, 2, prime)
        return mixed % BUCKETS

    table = ibis.array(numbers).unnest().name("n").as_table()
    found = backend.to_pyarrow(table.select(bucket=bucket_of(table.n)))["bucket"].to_pylist()
    assert np.array_equal(found, [by_hand(number) for number in numbers])

"""Runs that are killed by SIGKILL and gone on with end as if they had not been; `kill.py` does so 200 times."""

import random
from collections.abc import Iterator

import pytest

from tests.reliability.cases import CASES
from tests.reliability.killing import Count, Forks, kill_again_and_again, undisturbed

pytestmark = pytest.mark.xdist_group("sigkill")  # they share a process that runs are forked from


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    started = Forks(tmp_path_factory.mktemp("killed"))
    yield started
    started.close()


@pytest.mark.parametrize("name", ["overwrite", "sample", "augment", "evaluate"])
def test_a_killed_run_ends_as_an_undisturbed_one(name: str, forks: Forks) -> None:
    count = Count()
    kill_again_and_again(forks, CASES[name], *undisturbed(forks, CASES[name]), random.Random(2), count, kills=3)
    assert count.chains == 1


def test_the_comparison_sees_a_file_that_is_torn(forks: Forks) -> None:
    expected, ended = undisturbed(forks, CASES["sample"])
    other = {name: content + b"." if name.endswith("0.png") else content for name, content in expected.items()}
    with pytest.raises(AssertionError, match=r"00000\.png differs"):
        kill_again_and_again(forks, CASES["sample"], other, ended, random.Random(2), Count(), kills=0)

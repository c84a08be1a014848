"""Dependencies report nothing to their makers, unless a user has said that they may."""

import os
import subprocess
import sys

import pytest

from ganmend import telemetry

# What huggingface_hub makes of its environment after a command of ganmend's; no value is given for what is unset.
ASKED = """
import os, sys
sys.argv = ["ganmend", "--version"]
from ganmend.__main__ import main
try:
    main()
except SystemExit:
    from huggingface_hub import constants
    print(constants.HF_HUB_DISABLE_TELEMETRY, os.environ["RAY_USAGE_STATS_ENABLED"])
"""


@pytest.mark.parametrize(
    ("users", "told"), [({}, "True 0"), ({"HF_HUB_DISABLE_TELEMETRY": "0", "RAY_USAGE_STATS_ENABLED": "1"}, "False 1")]
)
def test_a_command_turns_telemetry_off_unless_the_user_turned_it_on(users: dict[str, str], told: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in telemetry.OFF}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment | users, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == told, done.stderr


def test_importing_the_library_leaves_the_environment_alone() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in telemetry.OFF}
    code = "import os; before = dict(os.environ); import ganmend.hub.download; assert os.environ == before"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0

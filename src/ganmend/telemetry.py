"""Dependencies that report to their makers how they are used are told not to."""

import os

# By environment variable: each dependency reads its own when it is imported or started.
OFF = {
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub: versions of all machine learning packages, with each question
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9",  # Ray's dashboard, should it not heed the line above
    "GRADIO_ANALYTICS_ENABLED": "False",
}


def turn_off() -> None:
    """Ask for no telemetry in this process and its children; what a user set stays as it is.

    It is for programs, before they import the rest: a library leaves the environment of others alone.
    """
    for name, value in OFF.items():
        os.environ.setdefault(name, value)

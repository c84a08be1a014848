"""How the page looks: colours, letters and style, all of this package, so that it looks the same without a network."""

from functools import cache
from importlib.resources import files
from typing import TypedDict

import gradio as gr


class Look(TypedDict):
    """What `gr.Blocks.launch` is told of it."""

    theme: gr.themes.Base
    head: str
    footer_links: list[str]  # none: they lead to other hosts


@cache
def look() -> Look:
    """The look of the page, for `launch(**look())`."""
    fonts, mono = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=mono).set(
        # What gradio takes for these is too pale to be read on white.
        block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300",
        button_primary_background_fill="*primary_700", button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700", input_placeholder_color="*neutral_600",
        input_placeholder_color_dark="*neutral_400", body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
    )  # fmt: skip
    return {
        "theme": theme,
        "head": f'<style>{style()}</style><script type="module">{script()}</script>',
        "footer_links": [],
    }


def script() -> str:
    """What the page does by itself: it comes again when the server does."""
    return (files("ganmend.studio") / "templates" / "restarted.js").read_text("utf-8")


def style() -> str:
    """The page's style sheet; pieces that reports share look as they do there, inside elements of class 'report'."""
    own = (files("ganmend.studio") / "templates" / "style.css").read_text("utf-8")
    of_reports = (files("ganmend.report") / "templates" / "style.css").read_text("utf-8")
    return f".gradio-container .report {{\n{of_reports}\n}}\n{own}"

"""How figures are named and written, in the terminal and on a page."""

LABELS = {
    "judge_accuracy": "accuracy",
    "judge_probability": "probability",
    "fid": "FID",
    "kid": "KID",
    "ms_ssim": "MS-SSIM",
    "pixel_std": "pixel std",
}


def label(key: str) -> str:
    """A figure's name for people."""
    return LABELS.get(key, key.replace("_", " "))


def format_figure(value: object) -> str:
    """Two or three digits that tell, or a dash."""
    if not isinstance(value, float):
        return "–" if value is None else str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"

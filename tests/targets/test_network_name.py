"""A classifier's name in parts: settings at its end, paths that may hold what separates the parts."""

import pytest

from ganmend.errors import ClassifierError
from ganmend.targets.sources.network_name import Settings, parse_name, with_settings


def test_a_name_has_source_model_file_and_settings() -> None:
    name = parse_name("timm:resnet18@runs/a.pth,size=64,classes=names.txt,mean=0.1/0.2/0.3,std=0.4/0.5/0.6")
    assert (name.source, name.model, name.file) == ("timm", "resnet18", "runs/a.pth")
    assert name.settings == Settings("names.txt", 64, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert name.base == "timm:resnet18@runs/a.pth"


@pytest.mark.parametrize(
    "path", ["a,b.pth", "a:b.pth", "a@b.pth", "a=b,c.pth", "a,sizes=4.pth", "size=4", "with space.pth"]
)
def test_a_path_may_hold_what_separates_the_parts(path: str) -> None:
    name = parse_name(f"torchvision:alexnet@{path},size=32")
    assert (name.file, name.settings.size) == (path, 32)
    assert parse_name(f"torchvision:alexnet@x,classes={path}").settings.classes == path


def test_one_number_goes_for_all_colours() -> None:
    assert parse_name("net.pt,mean=0.5").settings.mean == (0.5, 0.5, 0.5)
    assert parse_name("net.pt,std=0.25").settings.std == (0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("net.pt,size=", "empty or comes twice"),
        ("net.pt,size=3,size=4", "empty or comes twice"),
        ("net.pt,size=0", "size is 0; expected at least 1"),
        ("net.pt,size=-3", "size is '-3'; expected a whole number"),
        ("net.pt,size=1e3", "size is '1e3'; expected a whole number"),
        ("net.pt,size=99999", "expected at most 2048"),
        ("net.pt,mean=0.1/0.2", "expected red/green/blue"),
        ("net.pt,mean=a/b/c", "expected red/green/blue"),
        ("net.pt,mean=123.7/116/103", "mean, of images in \\[0, 1\\], is 123.7; expected at most 1"),
        ("net.pt,std=0", "std, of images in \\[0, 1\\], is 0.0; expected a number above 0"),
        ("net.pt,mean=nan", "expected a number"),
        ("timm:resnet18@", "ends in '@'"),
    ],
)
def test_settings_that_cannot_be_are_refused(typed: str, answer: str) -> None:
    with pytest.raises(ClassifierError, match=answer):
        parse_name(typed)


def test_what_a_name_says_itself_is_left() -> None:
    assert with_settings("net.pt,size=32", {"size": "64", "mean": "0.5"}) == "net.pt,size=32,mean=0.5"
    with pytest.raises(ClassifierError, match="size is 'x'"):
        with_settings("net.pt", {"size": "x"})

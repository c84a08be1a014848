"""Views of an image show what it shows: they follow from seed and purpose, and can be told by hand."""

from dataclasses import replace

import torch

from ganmend.targets.views import BRIGHTNESS, CONTRAST, NOISE, SCALE, SHIFT, TURN, Views, random_views

CPU = torch.device("cpu")
STRAIGHT = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def still(n: int = 1, resolution: int = 8) -> Views:
    """Views that change nothing."""
    one = torch.ones(n, 1, 1, 1)
    return Views(STRAIGHT.expand(n, -1, -1), 0 * one, one, torch.zeros(n, 3, resolution, resolution))


def test_a_view_without_any_change_is_the_image() -> None:
    images = torch.rand(2, 3, 8, 8) * 2 - 1
    torch.testing.assert_close(still(2).of(images), images)


def test_each_change_does_what_it_is_called() -> None:
    image, view = torch.rand(1, 3, 8, 8) * 2 - 1, still()
    mirror, shift = STRAIGHT.clone(), STRAIGHT.clone()
    mirror[0, 0] = -1
    torch.testing.assert_close(replace(view, placements=mirror[None]).of(image), image.flip(3))
    shift[0, 2] = 2 / 8  # the grid is 2 wide: one pixel to the right in the image
    torch.testing.assert_close(replace(view, placements=shift[None]).of(image)[..., :-1], image[..., 1:])
    torch.testing.assert_close(replace(view, brightness=view.brightness + 0.1).of(image), image + 0.1)
    mean = image.mean((2, 3), keepdim=True)
    torch.testing.assert_close(replace(view, contrast=view.contrast * 0.5).of(image), (image + mean) / 2)
    noise = torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(replace(view, noise=noise).of(image), image + noise)


def test_views_stay_within_what_they_may_change() -> None:
    views = random_views(400, 8, 0, "test", CPU)
    turned = views.placements[:, :, :2].double()
    size = turned.det().abs().sqrt()
    assert 1 - SCALE <= size.min() < 1 - 0.9 * SCALE
    assert 1 + 0.9 * SCALE < size.max() <= 1 + SCALE
    assert 0.4 < (turned.det() < 0).double().mean() < 0.6, "every other view is mirrored"
    upright = turned[:, 1] / size[:, None]  # mirrored or not, where up is
    angle = torch.atan2(upright[:, 0].abs(), upright[:, 1]).rad2deg()
    assert 0.9 * TURN < angle.max() <= TURN + 1e-4
    shift = views.placements[:, :, 2].abs().max()
    assert 0.9 * 2 * SHIFT < shift <= 2 * SHIFT
    assert 0.9 * BRIGHTNESS < views.brightness.abs().max() <= BRIGHTNESS
    assert 0.9 * CONTRAST < (views.contrast - 1).abs().max() <= CONTRAST
    assert abs(views.noise.std() / NOISE - 1) < 0.02
    # Turning by a matrix keeps right angles and lengths: a picture is not sheared.
    square = turned @ turned.mT / size[:, None, None] ** 2
    torch.testing.assert_close(square, torch.eye(2).double().expand(400, -1, -1), atol=1e-6, rtol=0)


def test_views_follow_from_seed_and_purpose() -> None:
    def parts(seed: int, purpose: str) -> list[torch.Tensor]:
        return list(vars(random_views(3, 4, seed, purpose, CPU)).values())

    first = parts(7, "step 1")
    assert all(map(torch.equal, first, parts(7, "step 1")))
    for other in (parts(8, "step 1"), parts(7, "step 2")):
        assert not any(map(torch.equal, first, other))


def test_parts_and_repetitions_keep_each_images_view() -> None:
    images, views = torch.rand(6, 3, 4, 4), random_views(6, 4, 0, "test", CPU)
    seen = views.of(images)
    parts = [view.of(part) for view, part in zip(views.split([1, 2, 3]), images.split([1, 2, 3]), strict=True)]
    torch.testing.assert_close(torch.cat(parts), seen)
    torch.testing.assert_close(views.repeated(2).of(images.repeat(2, 1, 1, 1)), seen.repeat(2, 1, 1, 1))


def test_a_view_carries_the_gradient() -> None:
    images = torch.rand(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    views = random_views(2, 4, 0, "test", CPU)
    doubled = Views(*(part.double() for part in vars(views).values()))
    assert torch.autograd.gradcheck(doubled.of, images)

"""Attributes of a class, and how often each shall appear, as they are typed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.options import expect

if TYPE_CHECKING:
    from ganmend.workbench.balance import Balance


@dataclass(frozen=True)
class BalanceOptions:
    """Which attributes of a class shall appear how often."""

    attributes: Annotated[
        list[str] | None,
        typer.Option(
            "--balance",
            metavar="NAME=WHAT",
            help="An attribute, given for each of two or more: a folder of photographs that show it (red=photos/red), "
            "a class of --balance-by (cab=class:taxi), or a sentence ('night=text:a car at night'); default none.",
        ),
    ] = None
    shares: Annotated[
        str, typer.Option("--shares", help="The wished share of each attribute, such as 0.2,0.8; default equal ones.")
    ] = ""
    balance_by: Annotated[
        str,
        typer.Option(
            "--balance-by",
            help="The network that tells attributes apart; default the search's classifier, or for sentences a usual"
            " CLIP.",
        ),
    ] = ""
    balance_judge: Annotated[
        str, typer.Option("--balance-judge", help="The network that counts them in the verdict; default the judge.")
    ] = ""

    def balance(self) -> "Balance | None":
        """The same as plain values.

        Returns:
            The attributes and their shares; None where no attribute was given.

        Raises:
            OptionError: something that fits no balance.
        """
        from ganmend.workbench.balance import Balance, read_attributes, read_shares

        given = {"--shares": self.shares, "--balance-by": self.balance_by, "--balance-judge": self.balance_judge}
        for option, value in given.items():
            expect(not value or bool(self.attributes), f"{option} {value} goes with --balance; give the attributes too")
        if not self.attributes:
            return None
        return Balance(
            read_attributes(self.attributes), read_shares(self.shares), self.balance_by, self.balance_judge
        )  # fmt: skip

"""Prices in words, periods and obstacles as the cloud may write them."""

from __future__ import annotations

import pytest

from computenest.kernel.costs import cost_in
from computenest.resources.service_instance.quotes import Charge, Obstacle, charges_in, hours_in, prices_said


@pytest.mark.parametrize(
    ("unit", "hours"),
    [("/Hour", 1), ("/1 Month", 730), ("Month", 730), ("/3 Months", 2190), ("/Year", 8760), ("/day", 24), ("", None),
     ("/GB", None), ("per seat", None)],
)  # fmt: skip
def test_a_period_is_read_or_is_none(unit: str, hours: float | None) -> None:
    assert hours_in(unit) == hours


@pytest.mark.parametrize(
    ("charges", "said"),
    [
        ([], []),
        ([Charge(0, "CNY", 1)], []),
        (
            [Charge(0.1, "CNY", 1), Charge(73, "CNY", 730)],
            ["shop costs 0.2 CNY an hour while it runs (about 146.00 CNY a month)"],
        ),
        (
            [Charge(730, "USD", 730), Charge(1, "CNY", 1)],
            [
                "shop costs 1 CNY an hour while it runs (about 730.00 CNY a month)",
                "shop costs 1 USD an hour while it runs (about 730.00 USD a month)",
            ],
        ),
        ([Charge(5, "CNY", None)], ["shop costs 5.00 CNY besides, for which the cloud names no period"]),
    ],
)
def test_a_price_in_sentences_that_reports_add_up(charges: list[Charge], said: list[str]) -> None:
    assert prices_said("shop", charges) == said
    assert [cost_in(line) is not None for line in said] == ["an hour" in line for line in said]


def test_of_an_answer_only_what_has_a_price_counts() -> None:
    order = {"Order": {"TradeAmount": "0.5", "Currency": "CNY"}, "OrderSupplement": {"PriceUnit": "/Hour"}}
    answer = {
        "Server": {"Result": order},
        "Free": {"Result": {"Order": {"TradeAmount": 0}}},
        "Unknown": {"Success": False},
        "Odd": {"Result": {"Order": {"TradeAmount": "on request"}}},
        "Text": "none",
    }
    assert charges_in(answer) == (Charge(0.5, "CNY", 1),)


@pytest.mark.parametrize(
    ("value", "message", "said"),
    [
        ("true", "", ""),
        ("Pass", "fine", ""),
        ("", "", ""),
        ("false", "The balance is 3 yuan.", "Balance: The balance is 3 yuan."),
        ("NotEnough", "", "Balance: NotEnough"),
    ],
)
def test_an_obstacle_says_what_the_cloud_says(value: str, message: str, said: str) -> None:
    assert Obstacle("Balance", value, message).said == said

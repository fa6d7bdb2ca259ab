"""Prices in words, periods and obstacles as the cloud may write them."""

from __future__ import annotations

import pytest

from computenest.resources.service_instance.quotes import Charge, Obstacle, charges_in, hours_in, price_said


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
        ([], ""),
        ([Charge(0, "CNY", 1)], ""),
        ([Charge(0.1, "CNY", 1), Charge(27, "CNY", 730)], "shop costs about 100.00 CNY a month, as the cloud …"),
        ([Charge(1, "USD", 730), Charge(1, "CNY", 730)], "shop costs about 1.00 CNY + 1.00 USD a month, as …"),
        ([Charge(5, "CNY", None)], "shop costs 5.00 CNY for which the cloud names no period, as …"),
        ([Charge(5, "CNY", None), Charge(1, "CNY", 730)], "shop costs about 1.00 CNY a month and 5.00 CNY for which …"),
    ],
)
def test_a_price_in_one_sentence(charges: list[Charge], said: str) -> None:
    assert price_said("shop", charges).startswith(said.rstrip("…"))


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

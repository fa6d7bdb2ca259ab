"""Which values of one release are never written down."""

from __future__ import annotations

import pytest

from computenest.kernel.names import OwnerId
from computenest.resources._components.model import ChartFolder
from computenest.resources._components.policy import Policy
from computenest.resources._components.redacting import concealed_in, redactor_of_values
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.wish import Wish


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (("web.auth.word", "db.auth.word"), ("auth.word",)),
        (("web",), ("",)),
        (("main/web.auth.word",), ("auth.word",)),
        (("main/",), ("",)),
        (("webb.word",), ()),
        (("web.path/with.slash",), ("path/with.slash",)),
    ],
)
def test_the_paths_of_a_service_are_those_of_its_component(given: tuple[str, ...], paths: tuple[str, ...]) -> None:
    wish = Wish(
        component="web",
        path="",
        release=ReleaseName("shop-web"),
        namespace="shop",
        chart=ChartFolder(path="web"),
        values={},
        needs=(),
        owner=OwnerId("o-1"),
        policy=Policy(concealed=given),
    )
    assert concealed_in(wish) == paths


def test_values_of_now_and_before_are_blotted_out() -> None:
    before, now = {"auth": {"word": "former-secret"}, "host": "shop-host"}, {"auth": {"word": "present-secret"}}
    told = redactor_of_values((now, before), ("auth.word",)).text
    assert told("- ConfigMap shop/x-former-secret, + ConfigMap shop/x-present-secret") == (
        "- ConfigMap shop/x-[secret], + ConfigMap shop/x-[secret]"
    )
    assert told("shop-host") == "shop-host"
    assert redactor_of_values((before,), ("",)).text("shop-host") == "[secret]"

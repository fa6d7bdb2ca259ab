"""What tests of the embedded cloud say often."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from Tea.exceptions import TeaException


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[pytest.ExceptionInfo[TeaException]]]:
    """`with refused("Code"):` the SDK raises a ClientException with exactly that code."""

    def expect(code: str) -> AbstractContextManager[pytest.ExceptionInfo[TeaException]]:
        return pytest.raises(ClientException, check=lambda error: error.code == code)

    return expect

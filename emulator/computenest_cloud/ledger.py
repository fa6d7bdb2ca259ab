"""Who made what and did not clean it up: the account book that a test reads at the end.

Counts what came into being through the API (a client's or Compute Nest's own), not what the catalogue or the control
plane put there. An empty ledger means: created minus deleted is nothing. Each service has its lines.
"""

from typing import Any

from computenest_cloud.cloud import Cloud


def report(cloud: Cloud) -> dict[str, Any]:
    services = cloud.services.values()
    accounts = {
        account.name: {line: rows for service in services for line, rows in service.ledger(account).items()}
        for account in cloud.store.accounts
    }
    return {
        "is_empty": not any(
            rows for account in accounts.values() for kind, rows in account.items() if kind.endswith("_outstanding")
        ),
        "accounts": accounts,
        **{line: value for service in services for line, value in service.totals().items()},
    }

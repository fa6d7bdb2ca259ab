"""GetCallerIdentity: needs no permission, whoever has keys may ask (fact: wire-016)."""

from collections.abc import Mapping

from computenest_cloud.world import Answer, Call, Handler


def get_caller_identity(call: Call) -> Answer:
    uid = call.account.uid
    return Answer(
        {
            "IdentityType": "Account",
            "AccountId": uid,
            "PrincipalId": uid,
            "UserId": uid,
            "Arn": f"acs:ram::{uid}:root",
        }
    )


ACTIONS: Mapping[str, Handler] = {"GetCallerIdentity": get_caller_identity}

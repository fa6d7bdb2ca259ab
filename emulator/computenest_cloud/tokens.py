"""ClientToken: the same token and parameters get the first answer again, and nothing happens twice.

fact: wire-020 (replay), wire-021 (other parameters), wire-022 (how long), wire-023 (objects deleted since).
"""

from collections.abc import Callable

from computenest_cloud.errors import ServiceError
from computenest_cloud.store.records import Token
from computenest_cloud.world import Answer, Call

TOKEN_LENGTH_LIMIT = 64


def replay_or_run(call: Call, run: Callable[[], Answer]) -> Answer:
    token = call.params.text("ClientToken")
    if not token:
        return run()
    if len(token) > TOKEN_LENGTH_LIMIT or not token.isascii():
        raise ServiceError(400, "InvalidClientToken", "ClientToken must be at most 64 ASCII characters.")
    world = call.world
    fingerprint = call.params.fingerprint()
    found = world.store.tokens.get(f"{call.account.name}/{call.action}/{token}")
    if found is not None and world.now - found.answered_at < world.rules.number("client_token.ttl_s"):
        is_current = world.rules.is_on("client_token.replays_deleted") or world.is_there(found.object_id)
        if is_current and found.fingerprint != fingerprint:
            raise ServiceError(
                400,
                call.mismatch,
                "The request uses the same client token as a previous, but non-identical request.",
            )
        if is_current:
            return Answer(found.answer, found.object_id)
    answer = run()
    world.store.tokens.add(
        Token(
            account=call.account.name,
            action=call.action,
            token=token,
            fingerprint=fingerprint,
            answer=answer.body,
            object_id=answer.object_id,
            answered_at=world.now,
        )
    )
    return answer

"""What ROS says that a template's resources cost. fact: ros-029"""

from typing import Any

from computenest_cloud.services.ros.evaluation import Declared, Evaluation
from computenest_cloud.services.ros.images import IMAGE_PATHS
from computenest_cloud.world import World


def estimate(world: World, evaluation: Evaluation) -> dict[str, Any]:
    """Logical id -> type and price of each resource that carries an ECS image."""
    price = world.rules.number("ros.machine_price")
    return {
        declared.logical_id: {
            "Type": declared.resource_type,
            "Success": True,
            "Result": {
                "Order": _order(price * _machines(declared)),
                "OrderSupplement": {"PriceUnit": "/Hour", "ChargeType": "PostPaid", "Quantity": _machines(declared)},
            },
        }
        for declared in evaluation.resources()
        if declared.resource_type in IMAGE_PATHS
    }


def _order(amount: float) -> dict[str, Any]:
    return {"Currency": "CNY", "OriginalAmount": amount, "DiscountAmount": 0, "TradeAmount": amount}


def _machines(declared: Declared) -> int:
    most = declared.properties.get("MaxAmount")
    return most if isinstance(most, int) and not isinstance(most, bool) else 1

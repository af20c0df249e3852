from notices.models.delivery import Delivery, Line
from notices.models.notice import Notice
from notices.models.preference import Preference
from notices.models.webhook import Webhook

__all__ = ["Delivery", "Line", "Notice", "Preference", "Webhook"]

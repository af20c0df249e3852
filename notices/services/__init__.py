from notices.services.notifying import Telling, notify, notify_all, take_back
from notices.services.reading import mark_read

__all__ = ["Telling", "mark_read", "notify", "notify_all", "take_back"]

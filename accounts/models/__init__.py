"""What the desk keeps about logins, beside Django's own user."""

from accounts.models.answer import KeptAnswer
from accounts.models.personal import PersonalSettings
from accounts.models.session import DeskSession
from accounts.models.standing import LoginStanding
from accounts.models.token import ApiToken
from accounts.models.two_step import Authenticator, RecoveryCode

__all__ = [
    "ApiToken",
    "Authenticator",
    "DeskSession",
    "KeptAnswer",
    "LoginStanding",
    "PersonalSettings",
    "RecoveryCode",
]

"""What the desk keeps about logins, beside Django's own user."""

from accounts.models.session import DeskSession
from accounts.models.standing import LoginStanding
from accounts.models.two_step import Authenticator, RecoveryCode

__all__ = ["Authenticator", "DeskSession", "LoginStanding", "RecoveryCode"]

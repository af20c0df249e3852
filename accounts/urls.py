from __future__ import annotations

from django.urls import path

from accounts.pages import account, login_code, people

urlpatterns = [
    path("login/code/", login_code.login_code, name="login_code"),
    path("account/", account.account, name="account"),
    path("account/sign-out/", account.sign_out, name="account_sign_out"),
    path("account/two-step/", account.second_step, name="account_two_step"),
    path("account/tokens/", account.tokens, name="account_tokens"),
    path("lockouts/", people.lockouts, name="lockouts"),
    path("lockouts/lift/", people.lift_lockout, name="lockouts_lift"),
    path("people/<int:user_id>/login/", people.person, name="person_login"),
    path("people/<int:user_id>/tokens/", people.person_tokens, name="person_tokens"),
    path("people/<int:user_id>/login/act/", people.person_act, name="person_login_act"),
]

"""What everybody gets at every address: one line for each, said once and checked over HTTP.

A new address gets a line here: what its GET gives, what its POST gives, each as a named standing
or as eleven letters, one for each of ``PEOPLE``. POST is sent with the body in ``BODIES``, else an
empty one; whoever gets as far as being told that it is wrong has been let in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PEOPLE = (
    # tier 1: whose contact and hand-over it is, and a colleague
    *("agent", "colleague"),
    # tier 2: who has the ticket, another one of the team, one of another team
    *("advisor", "teammate", "outsider"),
    *("manager", "editor", "admin"),
    # a program that answers users, somebody without a role, nobody
    *("bot", "stranger", "anonymous"),
)


class Answer(StrEnum):
    LET_IN = "+"
    REFUSED = "-"
    """403: the role, or the assignment, does not allow it."""
    HIDDEN = "?"
    """404: nobody learns whether it is there."""
    LOGIN = "L"
    """To the login page; 401 in the API."""
    NO_METHOD = "x"
    """405."""


def answer_of(response: Any) -> Answer | None:
    """What a response amounts to; None for what nobody may ever get: a crash."""
    status = response.status_code
    if status in (301, 302) and "/admin/login/" in response.headers["Location"]:
        return Answer.LOGIN
    match status:
        case 401:
            return Answer.LOGIN
        case 403:
            return Answer.REFUSED
        case 404:
            return Answer.HIDDEN
        case 405:
            return Answer.NO_METHOD
        case _:
            return Answer.LET_IN if status < 500 else None


@dataclass(frozen=True, slots=True)
class Entry:
    get: str
    post: str

    def answer(self, method: str, who: str) -> Answer:
        letters = (self.get if method == "get" else self.post).replace(" ", "")
        return Answer(letters[PEOPLE.index(who)])


#             tier 1 · tier 2 · manager editor admin · outside
NO_SUCH = (
    "xx xxx xxx LLL"  # this address has no such method, which people without a login do not learn
)
STAFF = "++ +++ +++ LLL"  # everybody with a role
NOBODY = "-- --- --- LLL"  # nobody, whatever the role
MANAGERS = "-- --- +-+ LLL"  # managers and administrators
EDITORS = "-- --- -++ LLL"  # the editors of the knowledge and administrators
AGENTS = "++ --- --- LLL"  # tier 1
OWN_CONTACT = "+? --- --- LLL"  # the agent whose contact it is
TIER2 = "-- +++ +-+ LLL"  # tier 2 and managers
TICKET_SEEN = "+? ++? +-+ LLL"  # whoever may see the ticket (visible_to)
EVERYBODY = "++ +++ +++ +++"  # everybody
NOT_THERE = "?? ??? ??? ???"  # nothing is there
ADVISORS = "-- +++ --- LLL"  # tier 2 alone
API_NO_SUCH = "xx xxx xxx --L"  # the API has no such method there
WAITING_USERS = "++ --- +-+ LLL"  # tier 1, and managers who look on
API_STAFF = "++ +++ +++ --L"  # everybody with a role
OWN_EXPORT = "?? ??? +?? LLL"  # whoever asked for it: the manager
API_OWN_EXPORT = "?? ??? +?? --L"

EXPORT = "api/v1/exports/<int:export_id>/"
SUBSCRIPTION = "api/v1/events/subscriptions/<int:subscription_id>/"
TICKET = "api/v1/tickets/<number>/"
CONTACT = "api/v1/consultations/<int:consultation_id>/"

MATRIX: Mapping[str, Entry] = {
    # --- Outside the pages
    "": Entry(EVERYBODY, EVERYBODY),
    "i18n/setlang/": Entry(EVERYBODY, EVERYBODY),
    "healthz": Entry(EVERYBODY, "xx xxx xxx xxx"),
    "readyz": Entry(EVERYBODY, "xx xxx xxx xxx"),
    "metrics": Entry(EVERYBODY, "xx xxx xxx xxx"),  # on this machine; else a token's holder
    # --- Other pages
    "admin/site/": Entry(STAFF, STAFF),
    "admin/design/": Entry(STAFF, NO_SUCH),
    "admin/help/": Entry(STAFF, NO_SUCH),
    "admin/help/<slug:role>/": Entry(STAFF, NO_SUCH),
    "admin/help/<slug:role>/tour/": Entry(AGENTS, NO_SUCH),  # the agent's: for whoever is one
    "admin/help/<slug:role>/tour/answer/": Entry(NO_SUCH, AGENTS),
    "admin/login/code/": Entry("LL LLL LLL LLL", "LL LLL LLL LLL"),
    "admin/palette/": Entry(STAFF, STAFF),
    "admin/account/": Entry(STAFF, NO_SUCH),
    "admin/account/sign-out/": Entry(NO_SUCH, STAFF),
    "admin/account/tokens/": Entry(STAFF, STAFF),
    "admin/account/two-step/": Entry(STAFF, STAFF),
    "admin/lockouts/": Entry("-- --- --+ LLL", NO_SUCH),
    "admin/lockouts/lift/": Entry(NO_SUCH, "-- --- --+ LLL"),
    "admin/people/<int:user_id>/login/": Entry("-- --- --+ LLL", NO_SUCH),
    "admin/people/<int:user_id>/tokens/": Entry("-- --- --+ LLL", "-- --- --- LLL"),
    "admin/people/<int:user_id>/login/act/": Entry(NO_SUCH, "-- --- --+ LLL"),
    "admin/inbox/": Entry(STAFF, NO_SUCH),
    "admin/inbox/read/": Entry(NO_SUCH, STAFF),
    "admin/inbox/unread/": Entry(STAFF, NO_SUCH),
    "admin/inbox/settings/": Entry(STAFF, STAFF),
    "admin/webhooks/": Entry(MANAGERS, MANAGERS),
    "admin/webhooks/<int:webhook_id>/": Entry(MANAGERS, MANAGERS),
    "admin/webhooks/<int:webhook_id>/act/": Entry(NO_SUCH, MANAGERS),
    "admin/subscriptions/": Entry(MANAGERS, MANAGERS),
    "admin/subscriptions/<int:subscription_id>/": Entry(MANAGERS, MANAGERS),
    "admin/subscriptions/<int:subscription_id>/act/": Entry(NO_SUCH, MANAGERS),
    "admin/undelivered/": Entry(MANAGERS, NO_SUCH),
    "admin/undelivered/deal/": Entry(NO_SUCH, MANAGERS),
    "admin/calendar/": Entry(MANAGERS, NO_SUCH),
    "admin/calendar/notice/": Entry(MANAGERS, MANAGERS),
    "admin/calendar/notice/<int:year>/": Entry(MANAGERS, MANAGERS),
    "admin/calendar/<str:day>/": Entry(MANAGERS, MANAGERS),
    "admin/promise/policies/": Entry(MANAGERS, NO_SUCH),
    "admin/promise/policies/<slug:kind>/": Entry(MANAGERS, MANAGERS),
    "admin/promise/changes/": Entry(MANAGERS, NO_SUCH),
    "admin/promise/changes/<int:change_id>/": Entry(MANAGERS, NO_SUCH),
    "admin/day/": Entry(ADVISORS, NO_SUCH),
    "admin/day/counts/": Entry(TIER2, NO_SUCH),
    "admin/reports/sla/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/sla/tickets/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/groups/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/contacts/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/contacts/list/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/hand-overs/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/knowledge/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/knowledge/searches/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/forecast/": Entry(MANAGERS, NO_SUCH),
    "admin/reports/weekly/": Entry(MANAGERS, MANAGERS),
    "admin/exports/": Entry(STAFF, NO_SUCH),
    "admin/exports/new/": Entry(NO_SUCH, STAFF),
    "admin/exports/state/": Entry(STAFF, NO_SUCH),
    "admin/exports/<int:export_id>/file/": Entry(OWN_EXPORT, NO_SUCH),
    "admin/exports/<int:export_id>/cancel/": Entry(NO_SUCH, OWN_EXPORT),
    "admin/routing/": Entry(MANAGERS, NO_SUCH),
    "admin/routing/new/": Entry(MANAGERS, MANAGERS),
    "admin/routing/<int:rule_id>/": Entry(MANAGERS, MANAGERS),
    "admin/routing/<int:rule_id>/act/": Entry(NO_SUCH, MANAGERS),
    "admin/advisors/": Entry(TIER2, NO_SUCH),
    "admin/advisors/<int:person_id>/": Entry("-- +?? +-+ LLL", "-- +?? +-+ LLL"),
    "admin/": Entry(STAFF, STAFF),
    "admin/login/": Entry(EVERYBODY, EVERYBODY),
    "admin/logout/": Entry("xx xxx xxx +++", EVERYBODY),
    "admin/password_change/": Entry(STAFF, STAFF),
    "admin/password_change/done/": Entry(STAFF, NO_SUCH),
    "admin/autocomplete/": Entry(NOBODY, NO_SUCH),
    "admin/jsi18n/": Entry(STAFF, NO_SUCH),
    "admin/r/<path:content_type_id>/<path:object_id>/": Entry("?? ??? ??? LLL", "?? ??? ??? LLL"),
    "admin/^(?P<app_label>auth|kb|tickets)/$": Entry("?? ??? ?++ LLL", "?? ??? ?++ LLL"),
    "admin/(?P<url>.*)$": Entry("?? ??? ??? LLL", "?? ??? ??? LLL"),
    # --- Knowledge
    "admin/kb-attachments/<slug:digest>/": Entry(STAFF, NO_SUCH),
    "admin/kb-flow-new/": Entry(EDITORS, EDITORS),
    "admin/kb-imports/": Entry(EDITORS, EDITORS),
    "admin/kb-imports/export/": Entry(EDITORS, NO_SUCH),
    "admin/kb-imports/<int:batch_id>/": Entry(EDITORS, EDITORS),
    "admin/kb-questions/preview/": Entry(NO_SUCH, EDITORS),
    "admin/kb-questions/phrasings/": Entry(NO_SUCH, EDITORS),
    "admin/kb-gaps/": Entry(EDITORS, NO_SUCH),
    "admin/kb-gaps/deal/": Entry(NO_SUCH, EDITORS),
    # --- Decision flows
    "admin/kb-flows/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/": Entry(EDITORS, EDITORS),
    "admin/kb-flows/<slug:key>/check/": Entry(NO_SUCH, EDITORS),
    "admin/kb-flows/<slug:key>/versions/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/versions/<int:version>/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/versions/<int:version>/draft/": Entry(NO_SUCH, EDITORS),
    "admin/kb-flows/<slug:key>/compare/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/diagram/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/form/": Entry(EDITORS, EDITORS),
    "admin/kb-flows/<slug:key>/form/new/": Entry(EDITORS, EDITORS),
    "admin/kb-flows/<slug:key>/form/step/<slug:step>/": Entry(EDITORS, "-- --- -?? LLL"),
    "admin/kb-flows/<slug:key>/form/step/<slug:step>/delete/": Entry(NO_SUCH, EDITORS),
    "admin/kb-flows/<slug:key>/try/": Entry(EDITORS, EDITORS),
    "admin/kb-flows/<slug:key>/numbers/": Entry("-- --- +++ LLL", NO_SUCH),
    "admin/kb-flows/<slug:key>/replay/": Entry(EDITORS, NO_SUCH),
    "admin/kb-flows/<slug:key>/replay/on/": Entry(NO_SUCH, EDITORS),
    # --- The room of the knowledge
    "admin/kb-room/": Entry(EDITORS, NO_SUCH),
    "admin/kb-room/bulk/owner/": Entry(NO_SUCH, EDITORS),
    "admin/kb-room/bulk/review/": Entry(NO_SUCH, EDITORS),
    "admin/kb-room/bulk/retire/": Entry(NO_SUCH, EDITORS),
    "admin/kb-room/groups/": Entry(NO_SUCH, EDITORS),
    "admin/kb-room/open-questions/": Entry(EDITORS, NO_SUCH),
    "admin/kb-room/open-questions/new/": Entry(EDITORS, EDITORS),
    "admin/kb-room/open-questions/<int:disagreement>/": Entry(EDITORS, EDITORS),
    "admin/kb-room/open-questions/<int:disagreement>/reopen/": Entry(NO_SUCH, EDITORS),
    "admin/kb-room/questions/<slug:key>/revisions/": Entry(EDITORS, NO_SUCH),
    "admin/kb-room/questions/<slug:key>/revisions/compare/": Entry(EDITORS, NO_SUCH),
    "admin/kb-room/questions/<slug:key>/revisions/<int:revision>/": Entry(EDITORS, NO_SUCH),
    "admin/kb-room/questions/<slug:key>/revisions/<int:revision>/restore/": Entry(NO_SUCH, EDITORS),
    # --- The console
    "admin/console-searches/": Entry(NO_SUCH, AGENTS),
    "admin/contacts/": Entry(MANAGERS, NO_SUCH),
    "admin/contacts/<int:contact_id>/": Entry(MANAGERS, NO_SUCH),
    "admin/contacts/<int:contact_id>/pass-on/": Entry(MANAGERS, MANAGERS),
    "admin/console/": Entry(AGENTS, NO_SUCH),
    "admin/console/search/": Entry(AGENTS, NO_SUCH),
    "admin/console/questions/<slug:key>/": Entry(AGENTS, NO_SUCH),
    "admin/console/contacts/": Entry(AGENTS, AGENTS),
    "admin/console/contacts/<int:contact_id>/": Entry(OWN_CONTACT, NO_SUCH),
    "admin/console/contacts/<int:contact_id>/answer/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/back/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/jump/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/restart/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/hand-over-instead/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/pass-on/": Entry(OWN_CONTACT, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/take-over/": Entry(AGENTS, AGENTS),
    "admin/console/parked/": Entry(AGENTS, AGENTS),
    "admin/console/waiting/": Entry(WAITING_USERS, NO_SUCH),
    "admin/console/waiting/<int:intake_id>/take/": Entry(AGENTS, AGENTS),
    "admin/console/contacts/<int:contact_id>/ask/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/question/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/finish/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/account/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/hand-over/": Entry(AGENTS, OWN_CONTACT),
    "admin/console/contacts/<int:contact_id>/chase/": Entry(AGENTS, OWN_CONTACT),
    # --- Tickets
    "admin/queue/": Entry(TIER2, NO_SUCH),
    "admin/queue/find/": Entry(TIER2, TIER2),
    "admin/queue/take/": Entry(TIER2, ADVISORS),
    "admin/queue/bulk/": Entry(MANAGERS, MANAGERS),
    "admin/queue/views/": Entry(TIER2, TIER2),
    "admin/queue/views/<int:view_id>/": Entry(TIER2, TIER2),
    # an empty body asks for nothing; what may be undone is decided by who did it
    "admin/undo/": Entry(NO_SUCH, "++ +++ +-+ LLL"),
    "admin/ticket/<str:number>/": Entry(TICKET_SEEN, TICKET_SEEN),
    "admin/ticket/<str:number>/here/": Entry("++ +++ +-+ LLL", TICKET_SEEN),
    # --- Stock pages of the desk
    "admin/tickets/routingrule/": Entry(MANAGERS, NO_SUCH),
    "admin/tickets/team/": Entry(MANAGERS, MANAGERS),
    "admin/tickets/team/add/": Entry(MANAGERS, MANAGERS),
    "admin/tickets/team/<path:object_id>/history/": Entry(MANAGERS, MANAGERS),
    "admin/tickets/team/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/tickets/team/<path:object_id>/change/": Entry(MANAGERS, MANAGERS),
    "admin/tickets/team/<path:object_id>/": Entry(STAFF, STAFF),
    # --- Stock pages of people
    "admin/auth/user/<id>/password/": Entry("-- --- --? LLL", "-- --- --? LLL"),
    "admin/auth/user/": Entry("-- --- --+ LLL", "-- --- --+ LLL"),
    "admin/auth/user/add/": Entry("-- --- --+ LLL", "-- --- --+ LLL"),
    "admin/auth/user/<path:object_id>/history/": Entry("-- --- --+ LLL", "-- --- --+ LLL"),
    "admin/auth/user/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/auth/user/<path:object_id>/change/": Entry("-- --- --+ LLL", "-- --- --+ LLL"),
    "admin/auth/user/<path:object_id>/": Entry(STAFF, STAFF),
    # --- Stock pages of the knowledge
    "admin/kb/flow/": Entry(EDITORS, EDITORS),
    "admin/kb/flow/add/": Entry(NOBODY, NOBODY),
    "admin/kb/flow/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/flow/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/kb/flow/<path:object_id>/change/": Entry(EDITORS, EDITORS),
    "admin/kb/flow/<path:object_id>/": Entry(STAFF, STAFF),
    "admin/kb/flowversion/": Entry(EDITORS, EDITORS),
    "admin/kb/flowversion/add/": Entry(NOBODY, NOBODY),
    "admin/kb/flowversion/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/flowversion/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/kb/flowversion/<path:object_id>/change/": Entry(EDITORS, EDITORS),
    "admin/kb/flowversion/<path:object_id>/": Entry(STAFF, STAFF),
    "admin/kb/standardquestion/": Entry(EDITORS, EDITORS),
    "admin/kb/standardquestion/add/": Entry(EDITORS, EDITORS),
    "admin/kb/standardquestion/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/standardquestion/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/kb/standardquestion/<path:object_id>/change/": Entry(EDITORS, EDITORS),
    "admin/kb/standardquestion/<path:object_id>/": Entry(STAFF, STAFF),
    "admin/kb/revision/": Entry(EDITORS, EDITORS),
    "admin/kb/revision/add/": Entry(NOBODY, NOBODY),
    "admin/kb/revision/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/revision/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/kb/revision/<path:object_id>/change/": Entry(EDITORS, EDITORS),
    "admin/kb/revision/<path:object_id>/": Entry(STAFF, STAFF),
    "admin/kb/category/": Entry(EDITORS, EDITORS),
    "admin/kb/category/add/": Entry(NOBODY, NOBODY),
    "admin/kb/category/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/category/<path:object_id>/delete/": Entry(NOBODY, NOBODY),
    "admin/kb/category/<path:object_id>/change/": Entry(EDITORS, NOBODY),
    "admin/kb/category/<path:object_id>/": Entry(STAFF, STAFF),
    "admin/kb/synonym/": Entry(EDITORS, EDITORS),
    "admin/kb/synonym/add/": Entry(EDITORS, EDITORS),
    "admin/kb/synonym/<path:object_id>/history/": Entry(EDITORS, EDITORS),
    "admin/kb/synonym/<path:object_id>/delete/": Entry(EDITORS, EDITORS),
    "admin/kb/synonym/<path:object_id>/change/": Entry(EDITORS, EDITORS),
    "admin/kb/synonym/<path:object_id>/": Entry(STAFF, STAFF),
    # --- The API
    "api/v1/auth/token/": Entry("xx xxx xxx xxx", EVERYBODY),
    "api/v1/kb/searches/": Entry("xx xxx xxx x-L", "++ +++ +++ +-L"),
    "api/v1/kb/search/": Entry("++ +++ +++ +-L", "xx xxx xxx x-L"),
    "api/v1/kb/questions/": Entry("++ +++ +++ +-L", "xx xxx xxx x-L"),
    "api/v1/kb/attachments/<slug:digest>/": Entry("++ +++ +++ +-L", "xx xxx xxx x-L"),
    "api/v1/kb/questions/<slug:key>/": Entry("++ +++ +++ +-L", "xx xxx xxx x-L"),
    "api/v1/consultations/": Entry("xx --- x-x --L", "++ --- --- --L"),
    CONTACT: Entry("+? --- +-+ --L", "xx --- x-x --L"),
    CONTACT + "question/": Entry("xx --- x-x --L", "+? --- --- --L"),
    CONTACT + "answer/": Entry("xx --- x-x --L", "+? --- --- --L"),
    CONTACT + "back/": Entry("xx --- x-x --L", "+? --- --- --L"),
    CONTACT + "hand-over-instead/": Entry("xx --- x-x --L", "+? --- --- --L"),
    CONTACT + "escalate/": Entry("xx --- x-x --L", "+? --- --- --L"),
    CONTACT + "finish/": Entry("xx --- x-x --L", "+? --- +-+ --L"),
    CONTACT + "pass-on/": Entry("xx --- x-x --L", "+? --- +-+ --L"),
    CONTACT + "take-over/": Entry("xx --- x-x --L", "?? --- --- --L"),
    CONTACT + "chase/": Entry("xx --- x-x --L", "+? --- --- --L"),
    "api/v1/intake/": Entry("++ --- +-+ +-L", "-- --- --- +-L"),
    "api/v1/intake/<int:intake_id>/": Entry("++ --- +-+ +-L", "xx --- x-x x-L"),
    "api/v1/intake/<int:intake_id>/take/": Entry("xx --- x-x --L", "++ --- --- --L"),
    "api/v1/intake/<int:intake_id>/withdraw/": Entry("xx --- x-x x-L", "-- --- --- +-L"),
    "api/v1/tickets/": Entry("++ +++ +-+ --L", "xx xxx x-x --L"),
    "api/v1/tickets/claim-next/": Entry("xx xxx x-x --L", "-- +++ --- --L"),
    "api/v1/tickets/bulk/": Entry("xx xxx x-x --L", "-- --- +-+ --L"),
    TICKET: Entry("+? ++? +-+ --L", "xx xxx x-x --L"),
    TICKET + "claim/": Entry("xx xxx x-x --L", "-? ++? --- --L"),
    TICKET + "release/": Entry("xx xxx x-x --L", "-? +-? +-+ --L"),
    TICKET + "contact/": Entry("xx xxx x-x --L", "-? +-? --- --L"),
    TICKET + "wait/": Entry("xx xxx x-x --L", "-? +-? --- --L"),
    TICKET + "resume/": Entry("xx xxx x-x --L", "-? ++? +-+ --L"),
    TICKET + "resolve/": Entry("xx xxx x-x --L", "-? +-? --- --L"),
    TICKET + "reopen/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "return/": Entry("xx xxx x-x --L", "-? +-? --- --L"),
    TICKET + "complete/": Entry("xx xxx x-x --L", "+? --? +-+ --L"),
    TICKET + "transfer/": Entry("xx xxx x-x --L", "-? +-? +-+ --L"),
    TICKET + "chase/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "note/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "undo/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "merge/": Entry("xx xxx x-x --L", "-? ++? +-+ --L"),
    TICKET + "cancel/": Entry("xx xxx x-x --L", "-? +-? +-+ --L"),
    TICKET + "priority/": Entry("xx xxx x-x --L", "-? --? +-+ --L"),
    TICKET + "watch/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "unwatch/": Entry("xx xxx x-x --L", "+? ++? +-+ --L"),
    TICKET + "reveal/": Entry("xx xxx x-x --L", "-? ++? +-+ --L"),
    "api/v1/events/": Entry("-- --- +-+ +-L", "-- --- x-x x-L"),
    "api/v1/events/subscriptions/": Entry("-- --- +-+ --L", "-- --- +-+ --L"),
    SUBSCRIPTION: Entry("-- --- +-+ --L", "-- --- +-+ --L"),
    SUBSCRIPTION + "off/": Entry("-- --- x-x --L", "-- --- +-+ --L"),
    SUBSCRIPTION + "go-on/": Entry("-- --- x-x --L", "-- --- +-+ --L"),
    SUBSCRIPTION + "replay/": Entry("-- --- x-x --L", "-- --- +-+ --L"),
    SUBSCRIPTION + "rotate/": Entry("-- --- x-x --L", "-- --- +-+ --L"),
    SUBSCRIPTION + "test/": Entry("-- --- x-x --L", "-- --- +-+ --L"),
    "api/v1/exports/": Entry(API_NO_SUCH, API_STAFF),
    EXPORT: Entry(API_OWN_EXPORT, API_NO_SUCH),
    EXPORT + "file/": Entry(API_OWN_EXPORT, API_NO_SUCH),
    EXPORT + "cancel/": Entry(API_NO_SUCH, API_OWN_EXPORT),
    "api/v1/reports/sla/": Entry("-- --- +-+ --L", "-- --- x-x --L"),
    "api/v1/sla/due/": Entry(API_STAFF, API_NO_SUCH),
    "api/schema/": Entry(EVERYBODY, "xx xxx xxx xxx"),
    "api/docs/": Entry(EVERYBODY, "xx xxx xxx xxx"),
    "api/": Entry(NOT_THERE, NOT_THERE),
}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "api/v1/consultations/": {"channel": "chat", "utterance": "扣了两次"},
    CONTACT + "question/": {"question": "price"},
    CONTACT + "answer/": {"node": "pages", "value": "no"},
    CONTACT + "finish/": {"outcome": "abandoned"},
    CONTACT + "chase/": {"account_id": "880001"},
    CONTACT + "pass-on/": {"to": "agent2"},
    "api/v1/kb/searches/": {"query": "扣费"},
    "api/v1/intake/": {"external_id": "another", "channel": "chat", "text": "转人工"},
    "api/v1/tickets/bulk/": {
        "action": "priority",
        "numbers": ["T00000001"],
        "priority": 1,
        "reason": "急",
    },
    TICKET + "contact/": {"kind": "private_message", "result": "sent"},
    TICKET + "wait/": {"note": "等截图", "next_try_at": "2098-03-06T10:00:00"},
    TICKET + "resolve/": {"code": "fixed", "summary": "好了"},
    TICKET + "reopen/": {"reason": "又来了"},
    TICKET + "return/": {"reason": "缺", "missing": [{"field": "problem", "why": "不清楚"}]},
    TICKET + "complete/": {"note": "核对过"},
    TICKET + "transfer/": {"team": "safety", "reason": "转"},
    TICKET + "note/": {"note": "已核对"},
    TICKET + "merge/": {"into": "T99999999", "reason": "重复"},
    TICKET + "cancel/": {"reason": "误转"},
    TICKET + "priority/": {"priority": 2, "reason": "急"},
    TICKET + "reveal/": {"what": ["account_id"], "reason": "回拨"},
    "admin/ticket/<str:number>/": {"action": "note", "note": "已核对"},
    "admin/queue/bulk/": {"action": "priority", "priority": "1", "reason": "急"},
}
"""Bodies that are right, where a wrong one would be refused before it is known whose the object is.

The ticket to merge into is none: whoever sees the source is told so."""

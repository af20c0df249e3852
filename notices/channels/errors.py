"""What can become of an attempt to send."""

from __future__ import annotations


class SendError(Exception):
    """The message was not taken; the text is safe to keep and to show.

    ``is_line_down``: it is not about this message, nothing gets through there now.
    ``is_final``: trying again is of no use until somebody changes something.
    """

    def __init__(self, text: str, *, is_line_down: bool = True, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_line_down = is_line_down
        self.is_final = is_final

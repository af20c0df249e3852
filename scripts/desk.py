"""Starts ``klingdesk.embedded``; Ctrl-C before it can look after it ends quietly.

``python -m klingdesk.embedded`` does the same, but shows a traceback when it is interrupted
while its modules are being imported. Nothing has been started by then.
"""

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from klingdesk.embedded.__main__ import main  # noqa: E402 - after the signal

sys.exit(main())

"""The record at HEPData: an archive of likelihoods as tables, figures, and the file to upload.

``columns`` is what a table is, ``common`` what all of them share; ``tables`` and
``systematics_tables`` make them, the latter out of ``systematics``, which reads the workspaces;
``figures`` draws, ``record`` says what holds for the whole, ``yaml_files`` writes, and
``submission`` puts all of it together; ``new_record`` is where it appears. ``validation`` asks
HEPData's own package.
"""

from .new_record import NewRecord, new_record, require_new_record
from .submission import refuse_failures, submission_files, write_submission
from .validation import validation_messages

__all__ = [
    "NewRecord",
    "new_record",
    "refuse_failures",
    "require_new_record",
    "submission_files",
    "validation_messages",
    "write_submission",
]

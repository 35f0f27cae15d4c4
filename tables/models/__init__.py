"""Tables, columns, rows and the cells that something computes. Nothing here knows of HTTP."""

from tables.models.comments import Comment, Mention
from tables.models.edits import Edit, EditedRow
from tables.models.imports import Backfill, Import, ImportChange
from tables.models.messages import Message
from tables.models.rows import FAILURES, HANDED_DOWN, OPEN_STATES, WITH_RESULT, Cell, CellState, Result, Row, RowBlock
from tables.models.tables import (
    Column,
    ColumnType,
    LiveColumns,
    SavedView,
    SummaryChoice,
    Table,
    TableMember,
    ViewLink,
)
from tables.models.trash import DeletedCell, DeletedRow, Deletion

__all__ = [
    "FAILURES",
    "HANDED_DOWN",
    "OPEN_STATES",
    "WITH_RESULT",
    "Backfill",
    "Cell",
    "CellState",
    "Column",
    "ColumnType",
    "Comment",
    "DeletedCell",
    "DeletedRow",
    "Deletion",
    "Edit",
    "EditedRow",
    "Import",
    "ImportChange",
    "LiveColumns",
    "Mention",
    "Message",
    "Result",
    "Row",
    "RowBlock",
    "SavedView",
    "SummaryChoice",
    "Table",
    "TableMember",
    "ViewLink",
]

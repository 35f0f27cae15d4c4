"""Connections, computed columns, runs and the attempts they made, sources and notices."""

from enrichment.models.answers import KeyedAnswer
from enrichment.models.columns import ROW, FormulaColumn, HttpColumn, LookupColumn, Schedule
from enrichment.models.connections import Authorization, Connection
from enrichment.models.dataflow import ListRows, ListWork, MatchKey, Recalculation, SoughtKey
from enrichment.models.exchanges import (
    Attempt,
    AttemptSweep,
    BatchAttempt,
    CallbackAddress,
    OpenExchange,
    RequestBatch,
)
from enrichment.models.notices import Notice, NoticeSettings
from enrichment.models.runs import Claim, Run, Runner, SharedAnswer, Worker
from enrichment.models.sources import Hook, HookPost, Source, SourceRun

__all__ = [
    "ROW",
    "Attempt",
    "AttemptSweep",
    "Authorization",
    "BatchAttempt",
    "CallbackAddress",
    "Claim",
    "Connection",
    "FormulaColumn",
    "Hook",
    "HookPost",
    "HttpColumn",
    "KeyedAnswer",
    "ListRows",
    "ListWork",
    "LookupColumn",
    "MatchKey",
    "Notice",
    "NoticeSettings",
    "OpenExchange",
    "Recalculation",
    "RequestBatch",
    "Run",
    "Runner",
    "Schedule",
    "SharedAnswer",
    "SoughtKey",
    "Source",
    "SourceRun",
    "Worker",
]

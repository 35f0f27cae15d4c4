from django.apps import AppConfig


class EnrichmentConfig(AppConfig):
    name = "enrichment"

    def ready(self) -> None:
        from config.celery import app as _celery  # noqa: F401  tasks are sent from the web process too
        from enrichment.columns import table_lifecycle, trash
        from enrichment.dataflow import auto_update, lookup_changes, reactions, recalculations, staleness
        from enrichment.notices import telling
        from enrichment.runs import attempts, callbacks, claims, exchanges, failures, lifecycle, results
        from enrichment.sources import runs
        from tables import cells, copies, filter_queries, purging
        from tables.imports import uploads
        from tables.signals import rows_changed, rows_deleted, table_deleted

        rows_changed.connect(auto_update.on_rows_changed, dispatch_uid="autoupdate")
        rows_deleted.connect(auto_update.on_rows_deleted, dispatch_uid="rows_deleted")
        table_deleted.connect(lookup_changes.on_table_deleted, dispatch_uid="table_deleted")
        cells.pending += [claims.pending_pairs, recalculations.pending_pairs, claims.released_pairs]
        cells.running.append(claims.running_pairs)
        copies.adapting.append(staleness.adapt_to_copies)
        copies.copied.append(table_lifecycle.restart_lookups)
        filter_queries.similar_failures.append(failures.cells_like)
        results.stored.append(reactions.results_stored)
        lifecycle.ended += [reactions.run_ended, telling.run_ended]
        uploads.ended.append(runs.import_ended)
        purging.forget_column.append(trash.forget)
        purging.forget_rows += [attempts.forget, exchanges.forget_rows, callbacks.forget_rows]

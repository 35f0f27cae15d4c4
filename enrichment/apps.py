from django.apps import AppConfig


class EnrichmentConfig(AppConfig):
    name = "enrichment"

    def ready(self) -> None:
        from config.celery import app as _celery  # noqa: F401  tasks are sent from the web process too
        from enrichment.columns import trash
        from enrichment.dataflow import auto_update, reactions, recalculations, staleness
        from enrichment.runs import attempts, claims, failures, lifecycle, results
        from tables import cells, copies, purging, row_queries
        from tables.signals import rows_changed

        rows_changed.connect(auto_update.on_rows_changed, dispatch_uid="autoupdate")
        cells.pending += [claims.pending_pairs, recalculations.pending_pairs, claims.released_pairs]
        cells.running.append(claims.running_pairs)
        copies.adapting.append(staleness.adapt_to_copies)
        row_queries.similar_failures.append(failures.cells_like)
        results.stored.append(reactions.results_stored)
        lifecycle.ended.append(reactions.run_ended)
        purging.forget_column.append(trash.forget)
        purging.forget_rows.append(attempts.forget)

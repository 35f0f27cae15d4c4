from django.apps import AppConfig


class EnrichmentConfig(AppConfig):
    name = "enrichment"

    def ready(self) -> None:
        from config.celery import app as _celery  # noqa: F401  tasks are sent from the web process too
        from enrichment import autoupdate, claims, failures, followers, ledger, results, runs, staleness
        from tables import cells, copies, views_of_rows
        from tables.signals import rows_changed

        rows_changed.connect(autoupdate.on_rows_changed, dispatch_uid="autoupdate")
        cells.pending += [runs.pending_pairs, ledger.pending_pairs, claims.handed_back_pairs]
        cells.running.append(claims.running_pairs)
        copies.adapting.append(staleness.adapt_to_copies)
        views_of_rows.kinds.append(failures.cells_like)
        results.stored.append(followers.results_stored)
        runs.ended.append(followers.run_ended)

"""Celery tasks of billing."""

from celery import shared_task

from billing.services import reconcile as proof


@shared_task(ignore_result=True, expires=3_600, time_limit=proof.SECONDS)
def reconcile() -> None:
    """Prove that the ledger and the balances agree; drift is logged as an error, and stored."""
    proof.reconcile()

from billing.management.adjusting import AdjustingCommand
from billing.services import adjust


class Command(AdjustingCommand):
    help = "Bring a balance to exactly so many credits. 1,000,000 are 1 USD."
    adjust = staticmethod(adjust.set_balance)

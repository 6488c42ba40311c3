from billing.management.adjusting import AdjustingCommand
from billing.services import adjust


class Command(AdjustingCommand):
    help = "Set a balance to an exact number of credits. 1,000,000 credits are 1 USD."
    adjust = staticmethod(adjust.set_balance)

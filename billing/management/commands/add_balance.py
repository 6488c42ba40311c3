from billing.management.adjusting import AdjustingCommand
from billing.services import adjust


class Command(AdjustingCommand):
    help = "Add credits to a balance, or deduct them with a negative number. 1,000,000 credits are 1 USD."
    adjust = staticmethod(adjust.add_credits)

"""What holds Marl together. Each of its processes imports this first."""

import gc

# A process makes some hundred thousand objects before it can work, of which nothing is garbage. With the threshold of
# Python it looks through them so often that a fifth of its start is spent on that.
gc.set_threshold(50_000)

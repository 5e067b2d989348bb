"""aecore: autoencoders as compositions of parts, trained, recorded and analysed.

Importing this package imports nothing heavy: torch is loaded by the modules that compute.
"""

import os

__version__ = "0.1.0"

# torch's threads wait for each other by spinning, by default so long that whatever else wants the processor (a browser,
# a second job) stops a training nearly dead: a VAE on two busy cores took 240 ms a step. Those that sleep at once are
# slow to wake: 12 ms a step on two free cores where a short spin takes 8, and where the cores are taken 40 against 90.
# It must be said before torch is loaded, and whoever says otherwise in the environment is heard.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

"""aecore: autoencoders as compositions of parts, trained, recorded and analysed.

Importing this package imports nothing heavy: torch is loaded by the modules that compute.
"""

import os

__version__ = "0.1.0"

# torch's threads wait for each other by spinning. As soon as anything else wants the processor (the server, a browser,
# a second job) they spin in its way and in their own: a VAE on two busy cores trained 192 images a second, and 9,300
# with this. It must be said before torch is loaded, and whoever says otherwise in the environment is heard.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

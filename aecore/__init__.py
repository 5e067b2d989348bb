"""aecore: autoencoders as compositions of parts, trained, recorded and analysed.

Importing this package imports nothing heavy: torch is loaded by the modules that compute.
"""

__version__ = "0.1.0"

"""Networks: pairs of an encoder and a decoder, one idea a file."""

"""Learned compression: a model with a quantised bottleneck writes pictures to small files and reads them back."""

"""The one picture of each variant that makes its point, a file each. Nothing is trained for it: where a picture needs
trained models, it takes runs that are there. `pages/shared/points` has the page's side under the same names.
"""

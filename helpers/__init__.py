"""Small helpers of the notebooks. Imports point one way: plotting, metrics and claims know nothing of datasets."""

"""The pure domain: values and functions; no clock, no input or output, no chance."""

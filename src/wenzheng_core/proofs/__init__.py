"""Proofs over a policy: what is enumerated to the end is PROVED, what is drawn is SAMPLED.

No test framework is needed here. :func:`~wenzheng_core.proofs.verifying.examine` runs the checks of
:mod:`~wenzheng_core.proofs.catalogue` on a subject and gives a report.
"""

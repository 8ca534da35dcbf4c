"""The city's rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestBureau = policy_suite("bureau")

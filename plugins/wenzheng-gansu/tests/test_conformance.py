"""The province's rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestGansu = policy_suite("gansu")

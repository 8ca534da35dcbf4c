"""The city's rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestPuyang = policy_suite("puyang")

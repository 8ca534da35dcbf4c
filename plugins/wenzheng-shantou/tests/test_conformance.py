"""The city's rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestShantou = policy_suite("shantou")

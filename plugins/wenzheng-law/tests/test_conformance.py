"""The laws' rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestXinfang = policy_suite("law-xinfang")
TestXxgk = policy_suite("law-xxgk")
TestMinfadian = policy_suite("law-minfadian")
TestMinsu = policy_suite("law-minsu")

"""The rules of the platform and of its four units pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestWuhan = policy_suite("wuhan")
TestWuhanDonghu = policy_suite("wuhan-donghu")
TestWuhanKfq = policy_suite("wuhan-kfq")
TestWuhanJyj = policy_suite("wuhan-jyj")
TestWuhanFgj = policy_suite("wuhan-fgj")

"""Alibaba Cloud's wire protocol: what bytes a request is made of, who signed it, what bytes an answer is made of."""

"""The embedded cloud: Alibaba Cloud's wire protocol, ECS images, Compute Nest and the marketplace on one's own machine.

Why: nobody can try, test or demonstrate distribution of deployment packages without two cloud accounts and an hour of
copying. This server is started as a process of its own (`python -m computenest_cloud serve`) and spoken to over HTTP
by the unmodified official SDKs. It imports nothing of the provider and nothing of the provider imports it, so that
the fake cannot inherit the provider's misunderstandings. Every rule it follows is listed, with its source, in
`facts/`.
"""

VERSION = "0.1.0"

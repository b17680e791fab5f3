"""Crawl spiders: the one of the service, and one-shot ones for ``scrapy crawl``."""

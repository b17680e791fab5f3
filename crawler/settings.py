"""Scrapy's settings for a service that runs for months, each with its reason.

``scrapy crawl feeds`` reads this module by ``scrapy.cfg``; the service gives the very same to its one crawl. What an
operator configures (delays, limits, proxy …) is not here: it comes by ``crawler.ports``. Scrapy's own defaults are
for a batch that ends.
"""

from typing import Any

BOT_NAME = "storywatch"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

# ── one asyncio loop ──────────

#: asyncio alone, without Twisted's reactor: the loop is shared with APScheduler and the store, the download is
#: aiohttp's, and nothing is left that needs a reactor
TWISTED_REACTOR_ENABLED = False

# ── reaching the world ──────────

#: guarded, bounded, verified, at half the CPU; no file://, ftp:// or s3:// in a program that follows redirects
_TRANSPORT = "crawler.transport.Transport"
DOWNLOAD_HANDLERS: dict[str, str | None] = {
    "http": _TRANSPORT,
    "https": _TRANSPORT,
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
#: one request at a time to a site, exactly, and the delay from end to start; Scrapy's slots keep neither at delay 0
DOWNLOADER = "crawler.downloader.SiteDownloader"
#: seats are counted by Crawl, which claims no more sites than it has; a second limit would only hide a mistake in the
#: first
CONCURRENT_REQUESTS = 0
#: ours alone: addresses and headers. Redirects, retries, robots.txt, compression and cookies of Scrapy's are off:
#: the first three are decisions about a feed (counted, scheduled, kept over restarts), compression is unpacked while it
#: comes in so that a bomb stops at the limit, and cookies grow for ever and track
DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    "crawler.middlewares.Outgoing": 100,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
}
COOKIES_ENABLED = False

# ── nothing that grows, listens or costs ──────────

#: the default remembers the fingerprint of every request for ever, and would drop the second poll of a feed
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
#: counters by name cost more than a poll's parsing; what is worth counting is in the store
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"
STATS_DUMP = False
#: a console on a port, and a socket that runs code: neither in a service
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
#: off with what they log each minute and stop; FeedExporter stays for ``-O``, and does nothing without it
EXTENSIONS: dict[str, int | None] = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logcount.LogCount": None,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
    "scrapy.extensions.closespider.CloseSpider": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
}
#: statuses, referers and depths are the callbacks' business; one less generator a response each
SPIDER_MIDDLEWARES: dict[str, int | None] = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
#: tasks started for each response, whatever it yields; ours yield a document's entries at most
CONCURRENT_ITEMS = 1
#: a line a request is no log for an operator: a feed's trouble is told once, when it begins
LOG_FORMATTER = "crawler.middlewares.QuietLog"
LOG_LEVEL = "INFO"
#: nothing is looked for in the source of callbacks at run time
WARN_ON_GENERATOR_RETURN_VALUE = False
FEED_EXPORT_ENCODING = "utf-8"


def as_dict() -> dict[str, Any]:
    """Return these settings for a crawl that is not started by the ``scrapy`` command."""
    return {name: value for name, value in globals().items() if name.isupper() and not name.startswith("_")}

"""The rows of the alerting half, a file a noun; its SQL stands here only. The tables are in ``news.store.schema``."""

"""Trackers as they stand on links in the wild, for ``bench.urls_corpus``: written from what vendors document.

A list of its own, not made from ``news/rules/trackers.toml``, so that it can find what that table lacks. A row is who
sets the keys, where that is said, and the keys with values as they look there. In a value ``{h8}`` is eight hex
digits, ``{n10}`` ten digits, ``{a22}`` twenty-two letters, digits, ``-`` and ``_``.
"""

import re
from random import Random

#: (who, where it is said, ((key, value), …)); keys that only ever come together stand in one row
WILD: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Google Analytics",
        "Custom campaigns: utm parameters",
        (
            ("utm_source", "newsletter"),
            ("utm_source", "rss"),
            ("utm_medium", "email"),
            ("utm_medium", "social"),
            ("utm_campaign", "morning-briefing-{n6}"),
            ("utm_term", "{a8}"),
            ("utm_content", "headline-{n2}"),
            ("utm_id", "{n8}"),
            ("utm_source_platform", "Search%20Ads%20360"),
            ("utm_creative_format", "display"),
            ("utm_marketing_tactic", "prospecting"),
        ),
    ),
    (
        "Google Analytics",
        "Cross-domain measurement: linker parameters",
        (("_ga", "2.{n9}.{n9}.{n10}-{n9}.{n10}"), ("_gl", "1*{a7}*_ga*{a22}.."), ("_gac", "1.{n9}.{n10}.{a40}")),
    ),
    (
        "Google Ads",
        "Auto-tagging: GCLID, GBRAID, WBRAID",
        (
            ("gclid", "Cj0KCQiA{a60}"),
            ("gbraid", "0AAAAA{a22}"),
            ("wbraid", "CjkKCQiA{a40}"),
            ("gad_source", "1"),
            ("gad_campaignid", "{n11}"),
            ("gclsrc", "aw.ds"),
        ),
    ),
    ("Google Marketing Platform", "Campaign Manager 360: DCLID", (("dclid", "CO{a22}"),)),
    ("Google Merchant Centre", "Result identifiers for free listings", (("srsltid", "AfmBO{a40}"),)),
    ("Google News", "on links of its feeds", (("oc", "5"),)),
    ("Meta", "fbclid, the ClickID parameter", (("fbclid", "IwAR{a57}"), ("fbclid", "IwY2xjaw{a60}"))),
    (
        "Meta",
        "share and comment links",
        (
            ("fb_ref", "share"),
            ("fb_source", "feed"),
            ("fb_action_ids", "{n17}"),
            ("fb_action_types", "og.likes"),
            ("fb_comment_id", "fbc_{n15}_{n16}_{n15}"),
            ("mibextid", "{a6}"),
            ("__tn__", "%2CO%2CP-R"),
        ),
    ),
    ("Instagram", "share links", (("igshid", "{a22}"), ("igsh", "{a16}=="), ("ig_rid", "{h32}"))),
    (
        "X",
        "Click ID; syndicated tweets",
        (
            ("twclid", "{a40}"),
            ("ref_src", "twsrc%5Etfw"),
            ("ref_url", "https%3A%2F%2Fexample.org%2Fa"),
            ("__twitter_impression", "true"),
        ),
    ),
    (
        "Yandex",
        "Direct: yclid; Search: ysclid; Metrica",
        (
            ("yclid", "{n19}"),
            ("ysclid", "l{a16}"),
            ("ymclid", "{n20}"),
            ("_openstat", "dGVzdA{a22}"),
            ("yadclid", "{n18}"),
            ("yadordid", "{n18}"),
        ),
    ),
    ("Microsoft Advertising", "auto-tagging of the Click ID", (("msclkid", "{h32}"),)),
    ("MSN and Bing", "on links of the start page", (("ocid", "msedgntp"), ("cvid", "{h32}"))),
    ("TikTok", "ttclid", (("ttclid", "E.C.P.{a60}"),)),
    ("LinkedIn", "first-party ads tracking", (("li_fat_id", "{h8}-{h4}-{h4}-{h4}-{h12}"), ("trk", "public_post"))),
    ("Pinterest", "click identifiers", (("epik", "dj0y{a40}"),)),
    ("Reddit", "click identifiers", (("rdt_cid", "{n19}"),)),
    ("Snapchat", "click identifiers", (("sccid", "{h8}-{h4}-{h4}-{h4}-{h12}"), ("ScCid", "{h8}-{h4}-{h4}-{h4}-{h12}"))),
    ("Taboola", "click id of native advertising", (("tblci", "GiB{a40}"),)),
    (
        "Outbrain",
        "click id, and where it came from",
        (("dicbo", "v2-{h32}"), ("obOrigUrl", "true"), ("OutbrainClickId", "{a40}")),
    ),
    ("Mailchimp", "e-commerce and campaign tracking", (("mc_cid", "{h10}"), ("mc_eid", "{h10}"))),
    ("Marketo", "mkt_tok on links of mails", (("mkt_tok", "{a60}"),)),
    (
        "HubSpot",
        "tracking URLs and cross-domain linking",
        (
            ("_hsenc", "p2ANqtz-{a60}"),
            ("_hsmi", "{n9}"),
            ("__hstc", "{n8}.{h32}.{n13}.{n13}.{n13}.1"),
            ("__hssc", "{n8}.1.{n13}"),
            ("__hsfp", "{n10}"),
            ("hsCtaTracking", "{h8}-{h4}-{h4}-{h4}-{h12}"),
            ("hsa_acc", "{n10}"),
            ("hsa_cam", "{n10}"),
        ),
    ),
    ("Vero", "automatic parameters", (("vero_id", "user%40example.org"), ("vero_conv", "{a40}"))),
    (
        "Omeda (Olytics)",
        "identifiers in newsletters",
        (("oly_enc_id", "{n4}{a10}"), ("oly_anon_id", "{h8}-{h4}-{h4}-{h4}-{h12}")),
    ),
    ("Klaviyo", "_kx on links of mails", (("_kx", "{a40}.{a6}"), ("_ke", "{a40}%3D"))),
    ("MailerLite", "links of mails", (("ml_subscriber", "{n19}"), ("ml_subscriber_hash", "{a4}"))),
    (
        "Blueshift",
        "links of mails",
        (("bsft_clkid", "{h8}-{h4}-{h4}-{h4}-{h12}"), ("bsft_uid", "{h8}-{h4}-{h4}-{h4}-{h12}")),
    ),
    ("ActiveCampaign", "site tracking", (("vgo_ee", "{a40}%3D"),)),
    ("Drip", "links of mails", (("__s", "{a20}"),)),
    ("Dotdigital", "links of mails", (("dm_i", "{a4}%2C{a5}%2C{a6}%2C{a5}%2C1"),)),
    ("Adobe Campaign, Neolane", "links of mails", (("nlid", "{n5}%7C{n6}"),)),
    (
        "Emarsys",
        "links of mails",
        (("sc_src", "email_{n7}"), ("sc_lid", "{n9}"), ("sc_uid", "{a10}"), ("sc_eh", "{h20}")),
    ),
    ("Salesforce Marketing Cloud", "links of mails", (("sfmc_id", "{n9}"), ("et_rid", "{n9}"), ("et_cid", "{n7}"))),
    ("Sailthru", "links of newsletters", (("sailthru_id", "{h24}"),)),
    ("Wicked Reports", "click identifiers", (("wickedid", "{a22}"),)),
    ("Impact", "irclickid", (("irclickid", "{a40}"), ("irgwc", "1"))),
    (
        "Matomo",
        "campaign tracking",
        (
            ("mtm_campaign", "spring"),
            ("mtm_source", "newsletter"),
            ("mtm_cid", "{n6}"),
            ("pk_campaign", "rss"),
            ("pk_kwd", "politics"),
            ("matomo_campaign", "feed"),
            ("piwik_campaign", "feed"),
        ),
    ),
    (
        "Piano Analytics (AT Internet)",
        "marketing campaigns",
        (
            ("at_medium", "RSS"),
            ("at_campaign", "KARANGA"),
            ("at_custom1", "link"),
            ("at_link_type", "web_link"),
            ("at_ptr_name", "twitter"),
            ("at_bbc_team", "editorial"),
            ("at_format", "link"),
            ("xtor", "RSS-{n3}"),
            ("xtor", "EPR-{n7}-[newsletter]"),
            ("at_link_id", "{h8}"),
        ),
    ),
    (
        "comScore Digital Analytix",
        "campaign labels",
        (("ns_mchannel", "rss"), ("ns_source", "twitter"), ("ns_campaign", "bbcnews"), ("ns_linkname", "news_central")),
    ),
    (
        "Adobe Analytics",
        "tracking codes and visitor linking",
        (
            ("s_cid", "rss_feed_{n4}"),
            ("s_kwcid", "AL!{n4}!3!{n12}!!!g!!"),
            ("ef_id", "{a40}:G:s"),
            ("adobe_mc", "MCMID%3D{n38}%7CTS%3D{n10}"),
        ),
    ),
    (
        "Mapp (Webtrekk)",
        "campaign parameters",
        (("wt_mc", "rss.red.ho.rdf"), ("wt_zmc", "nl.int.zonaudev.{n8}"), ("WT.mc_id", "nl_{n6}")),
    ),
    ("etracker", "campaign control", (("etcc_cmp", "spring"), ("etcc_med", "Newsletter"))),
    ("Acoustic (Coremetrics)", "manual tracking", (("cm_mmc", "rss-_-news-_-top-_-a"), ("cm_ven", "rss"))),
    ("Econda", "campaign parameters", (("emcs0", "2"), ("emcs1", "Detailseite"))),
    (
        "Parse.ly",
        "campaign parameters",
        (("itm_source", "parsely-api"), ("itm_medium", "related"), ("itm_campaign", "feed")),
    ),
    ("Piano (Cxense)", "recommendations", (("cx_testId", "{n2}"), ("cx_artPos", "2"), ("cxrecs_s", "{a10}"))),
    ("Branch", "link identifiers", (("_branch_match_id", "{n19}"), ("_branch_referrer", "{a60}"))),
    (
        "Yahoo",
        "consent pages; share buttons",
        (
            ("guccounter", "1"),
            ("guce_referrer", "aHR0cHM6{a30}"),
            ("guce_referrer_sig", "AQAAA{a60}"),
            ("soc_src", "social-sh"),
            ("soc_trk", "tw"),
            ("ncid", "twitter_yahoonewst_{a10}"),
        ),
    ),
    ("Alibaba", "spm", (("spm", "a2g0o.{n5}.{n4}"), ("scm", "1007.{n5}.{n6}.0"))),
    (
        "New York Times",
        "newsletters and share links",
        (("smid", "tw-share"), ("smid", "nytcore-ios-share"), ("emc", "rss"), ("smtyp", "cur")),
    ),
    ("Daily Mail", "feeds and share buttons", (("ito", "1490"), ("ito", "social-twitter_mailonline"))),
    (
        "The Guardian",
        "share links and feeds",
        (("CMP", "share_btn_tw"), ("CMP", "twt_gu"), ("CMP", "Share_iOSApp_Other")),
    ),
    (
        "Wall Street Journal",
        "feeds and share links, any site",
        (("mod", "rss_markets_main"), ("reflink", "desktopwebshare_permalink")),
    ),
    (
        "Bloomberg",
        "share links and newsletters",
        (
            ("srnd", "premium-asia"),
            ("sref", "{a8}"),
            ("cmpid", "socialflow-twitter-business"),
            ("leadSource", "uverify%20wall"),
        ),
    ),
    (
        "CNN, Washington Post, Politico",
        "newsletters and share links",
        (("cid", "ios_app"), ("wpisrc", "nl_most"), ("wpmm", "1"), ("nid", "{h8}-{h4}-{h4}-{h4}-{h12}")),
    ),
    (
        "Conde Nast",
        "newsletters",
        (
            ("mbid", "social_twitter"),
            ("bxid", "{h24}"),
            ("cndid", "{n8}"),
            ("esrc", "bounceX"),
            ("hasha", "{h32}"),
            ("hashb", "{h40}"),
            ("hashc", "{h64}"),
        ),
    ),
    ("Deutsche Welle", "feeds", (("maca", "en-rss-en-all-1573-rdf"),)),
    ("Echobox", "posts", (("Echobox", "{n10}"),)),
    (
        "publishers",
        "their feeds and share buttons",
        (
            ("ref", "rss"),
            ("ref", "share"),
            ("cmp", "rss"),
            ("source", "rss"),
            ("src", "rss"),
            ("from", "rss"),
            ("via", "rss"),
            ("from", "newsletter"),
            ("source", "twitter"),
            ("src", "whatsapp"),
            ("ref", "newsletter"),
            ("rss", "1"),
            ("rssfeed", "true"),
            ("icid", "rss"),
            ("intcmp", "rss"),
            ("feedType", "rss"),
            ("feedName", "topNews"),
            ("partner", "rss"),
            ("feature", "share"),
            ("share", "twitter"),
            ("sharetype", "link"),
            ("shareToken", "{h32}"),
        ),
    ),
    (
        "detik, Kompas, Tribun",
        "links between their own pages",
        (("tag_from", "wpm_hl_1"), ("d_", "{n8}"), ("lgn_method", "google"), ("source", "widgetML")),
    ),
    (
        "Russian and Kazakh portals",
        "feeds, share buttons, aggregators",
        (
            ("utm_referrer", "https%3A%2F%2Fzen.yandex.com"),
            ("utm_referrer", "mediametrics"),
            ("_utl_t", "fb"),
            ("from", "newsfeed"),
            ("from", "telegram"),
            ("frommail", "1"),
            ("nw", "{n13}"),
            ("is_mobile", "1"),
        ),
    ),
    (
        "Tencent, Sina, Toutiao",
        "share links of their apps",
        (
            ("share_token", "{h8}-{h4}-{h4}-{h4}-{h12}"),
            ("tt_from", "weixin"),
            ("utm_source", "weixin"),
            ("isappinstalled", "0"),
            ("nsukey", "{a60}"),
        ),
    ),
)

_SHAPE = re.compile(r"\{([hna])(\d+)\}")
_LETTERS = {
    "h": "0123456789abcdef",
    "n": "123456789",
    "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
}


def drawn(random: Random) -> tuple[str, str]:
    """A tracker with a value as in the wild; who sets it is drawn first, so that no vendor counts for its many keys."""
    _, _, pairs = random.choice(WILD)
    key, value = random.choice(pairs)
    return key, _SHAPE.sub(lambda shape: "".join(random.choices(_LETTERS[shape[1]], k=int(shape[2]))), value)

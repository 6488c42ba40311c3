"""`ocr` and `webSearch`. People are asked for a service's key if its variable is not set."""

from typing import Annotated, Any, Literal

from pydantic import Field

from siteconfig.schema.base import AllowedAddresses, AtLeastOne, Count, Flag, Line, Number, OneOrMore, Open

TimeoutMs = Annotated[Count, Field(le=120_000)]  # milliseconds
Results = Annotated[AtLeastOne, Field(le=20)]


class Ocr(Open):
    allowedAddresses: AllowedAddresses | None = None
    mistralModel: Line | None = None
    apiKey: Line = "${OCR_API_KEY}"
    baseURL: Line = "${OCR_BASEURL}"
    strategy: Literal["mistral_ocr", "custom_ocr", "azure_mistral_ocr", "vertexai_mistral_ocr", "document_parser"] = (
        "mistral_ocr"
    )


class Location(Open):
    country: Line | None = None
    languages: list[Line] | None = None


class ChangeTracking(Open):
    modes: list[Line] | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    prompt: Line | None = None
    tag: Line | None = None


class Firecrawl(Open):
    formats: list[Line] | None = None
    includeTags: list[Line] | None = None
    excludeTags: list[Line] | None = None
    headers: dict[str, Line] | None = None
    waitFor: Number | None = None
    timeout: Count | None = None
    maxAge: Number | None = None
    mobile: Flag | None = None
    skipTlsVerification: Flag | None = None
    blockAds: Flag | None = None
    removeBase64Images: Flag | None = None
    parsePDF: Flag | None = None
    storeInCache: Flag | None = None
    zeroDataRetention: Flag | None = None
    location: Location | None = None
    onlyMainContent: Flag | None = None
    changeTrackingOptions: ChangeTracking | None = None


class Searxng(Open):
    engines: OneOrMore | None = None
    language: Line | None = None
    timeRange: Literal["day", "month", "year"] | None = None
    timeout: Annotated[AtLeastOne, Field(le=120_000)] | None = None


class TavilySearch(Open):
    searchDepth: Literal["basic", "advanced", "fast", "ultra-fast"] | None = None
    maxResults: Results | None = None
    includeImages: Flag | None = None
    includeAnswer: Flag | Literal["basic", "advanced"] | None = None
    includeRawContent: Flag | Literal["markdown", "text"] | None = None
    includeDomains: list[Line] | None = None
    excludeDomains: list[Line] | None = None
    topic: Literal["general", "news", "finance"] | None = None
    timeRange: Literal["day", "week", "month", "year", "d", "w", "m", "y"] | None = None
    includeImageDescriptions: Flag | None = None
    includeFavicon: Flag | None = None
    chunksPerSource: Annotated[AtLeastOne, Field(le=3)] | None = None
    safeSearch: Flag | None = None
    timeout: TimeoutMs | None = None


class TavilyScraper(Open):
    extractDepth: Literal["basic", "advanced"] | None = None
    includeImages: Flag | None = None
    includeFavicon: Flag | None = None
    format: Literal["markdown", "text"] | None = None
    timeout: TimeoutMs | None = None


class KeenableSearch(Open):
    maxResults: Results | None = None
    site: Line | None = None
    attributionTitle: Line | None = None
    timeout: TimeoutMs | None = None


class KeenableScraper(Open):
    attributionTitle: Line | None = None
    timeout: TimeoutMs | None = None


class WebSearch(Open):
    allowedAddresses: AllowedAddresses | None = None
    serperApiKey: Line = "${SERPER_API_KEY}"
    searxngInstanceUrl: Line = "${SEARXNG_INSTANCE_URL}"
    searxngApiKey: Line = "${SEARXNG_API_KEY}"
    firecrawlApiKey: Line = "${FIRECRAWL_API_KEY}"
    firecrawlApiUrl: Line = "${FIRECRAWL_API_URL}"
    firecrawlVersion: Line = "${FIRECRAWL_VERSION}"
    tavilyApiKey: Line = "${TAVILY_API_KEY}"
    tavilySearchUrl: Line = "${TAVILY_SEARCH_URL}"
    tavilyExtractUrl: Line = "${TAVILY_EXTRACT_URL}"
    keenableApiKey: Line = "${KEENABLE_API_KEY}"
    keenableApiUrl: Line = "${KEENABLE_API_URL}"
    jinaApiKey: Line = "${JINA_API_KEY}"
    jinaApiUrl: Line = "${JINA_API_URL}"
    cohereApiKey: Line = "${COHERE_API_KEY}"
    searchProvider: Literal["serper", "searxng", "tavily", "keenable"] | None = None
    scraperProvider: Literal["firecrawl", "serper", "tavily", "keenable"] | None = None
    rerankerType: Literal["jina", "cohere", "none"] | None = None
    scraperTimeout: Count = 7_500
    safeSearch: Literal[0, 1, 2] = 1
    firecrawlOptions: Firecrawl | None = None
    searxngSearchOptions: Searxng | None = None
    tavilySearchOptions: TavilySearch | None = None
    tavilyScraperOptions: TavilyScraper | None = None
    keenableSearchOptions: KeenableSearch | None = None
    keenableScraperOptions: KeenableScraper | None = None

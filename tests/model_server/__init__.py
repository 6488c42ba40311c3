"""A model provider for tests: a real HTTP server that plays scripted replies in the providers' wire formats.

It runs as a process of its own, ``python -m tests.model_server --port N``, or through the pytest fixture
`model_server` (`tests.model_server.fixtures`), and it is cheap: replies are encoded once and kept as bytes.

Routes: OpenAI ``POST /v1/chat/completions``, ``POST /v1/responses`` and ``GET /v1/models``; Azure's addresses of
the first two; Anthropic ``POST /v1/messages``; Gemini ``POST /v1beta/models/M:streamGenerateContent`` and
``:generateContent`` (also without ``/v1beta``); Vertex's addresses of the last two, and ``POST /token``; Bedrock
``POST /model/M/converse`` and ``/converse-stream``.

What is played is chosen by a marker in the last user message, ``[[name:value key=value ...]]`` (also written
``[[scenario:name key=value ...]]``); without one, a short text of a few varied words. No value may hold a space.
Of several markers that each begin a paragraph the last one counts: messages of one side in a row come as one.

========================  =====================================================================================
``tokens:200``            so many words, no two neighbours alike
``endless``               words until the client hangs up
``markdown``              headings, a list, a table, code, math, a link
``unicode``               text with characters of two to four bytes
``repeat``                120 identical chunks
``echo``                  the rest of the message, word by word
``reasoning``             thoughts, then a reply; ``field=content`` (`reasoning_content`, default), ``field=think``
                          (``<think>`` inside the text), or any other name of the field; ``redacted=DATA`` adds an
                          encrypted block and a third one (Anthropic)
``tools``                 a tool call; when its result is in the prompt, a reply that quotes it. ``name=lookup``
                          ``args={"q":"x"}`` ``calls=1`` ``rounds=1`` ``ids=no`` (the provider names no ids)
``error:401``             that status with the provider's body: 400 401 402 403 404 429 500 503 529, or ``context``
                          (400), ``filter`` (400), ``quota`` (429), ``redirect`` (302); ``after=S`` or ``after=no``
                          sets Retry-After, ``times=N``: only the first N requests of a test fail
``broken``                an error event in mid-stream; ``code=`` as above, 500 by default
``stall``                 some words, then silence; ``at=0``: no byte at all after the head; ``head=no``: no head either
``gate:NAME``             some words, then waits for ``POST /__release?name=NAME``, then the rest
``cut``                   the connection breaks in mid-reply; ``head=no``: before the head
``short``                 the reply ends cleanly, but without finish reason and ``[DONE]``
``no-done``               a finish reason but no ``[DONE]``
``odd-cuts``              sent in pieces of ``size=7`` bytes: inside characters, lines and JSON
``crlf``                  lines end in CR LF
``comments``              keep-alive comments, blank lines and unknown fields between the chunks
``html``                  a web page with status 200
``garbage``               an event stream whose data are not JSON
``empty``                 an event stream without a chunk
``big``                   one delta of ``size=100`` million bytes
``hostile``               unknown events, markup, a forged tool result and a forged end, then a reply
``length``, ``filter``    ends with that finish reason
``refusal``               the model's own refusal, where a provider tells it from text
========================  =====================================================================================

Every scenario takes ``delay=MS`` between chunks, ``first=MS`` before the head, ``at=N`` (where in the reply it
stalls, breaks or waits), ``usage=no``, ``cached=N``, ``written=N`` to the cache,
``hour=N`` of them for an hour (Anthropic, Bedrock), and ``tokens=N`` (length of the reply).

A prompt that asks for a title gets ``Talk about <first words>``, or what ``[[title:A_b_c]]`` names (underlines
become spaces; with ``first=MS`` in it, that late); as an object where one is asked for, unless it says ``json=no``.
``max_tokens`` is obeyed. The key ``sk-wrong`` gets 401, the model ``no-such-model`` 404.

For tests: ``GET /__requests`` lists what came (path, headers, body, ``state``: open, done, cut or disconnected,
``sent`` chunks) with a ``count``; ``POST /__release?name=N`` opens a gate; ``POST /__reset`` forgets all.
"""

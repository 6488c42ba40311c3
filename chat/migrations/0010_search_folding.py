"""One form for what is stored for search and asked for (see `chat/services/search/text.py`).

What was entered before is entered anew in the background, the newest first: its `version` is 0.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.expressions import Func

IGNORED = (
    r"\u00ad\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
)
LETTERS = (
    "ŁłĐđÐðØøĦħŦŧıςҙىکیٱة‘’‛′ʼ＇“”„«»‐‑‒–—−⁄∕",
    "LlDdDdOoHhTtiσзيكياه''''''\"\"\"\"\"------//",
)
ZEROS = (
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810,
)  # fmt: skip
FROM = LETTERS[0] + "".join(chr(zero + digit) for zero in ZEROS for digit in range(10))
TO = LETTERS[1] + "0123456789" * len(ZEROS)
CHANGED = LETTERS[0].replace("-", "") + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in ZEROS)
UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Signs that join or silence letters of Indic and Tibetan scripts: parts of words that are no letters.
JOINING = (
    r"\u093c\u094d\u09bc\u09cd\u0a3c\u0a4d\u0abc\u0acd\u0b3c\u0b4d\u0bcd\u0c4d\u0cbc\u0ccd\u0d3b\u0d3c\u0d4d\u0dca"
    r"\u0f39\u0f84\u1039\u103a\u17d2\u3099\u309a"
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"



def function(name: str, result: str) -> str:
    """Return a function of one text. It calls none of ours: indexes are built with no search path of ours."""
    return rf"""
CREATE FUNCTION {name}(body text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    whole text := body;
BEGIN
    IF octet_length(whole) <> length(whole) THEN
        whole := regexp_replace(normalize(whole, NFKD), '[{IGNORED}]+', '', 'g');
        IF whole ~ {quoted(f"[{CHANGED}]")} THEN
            whole := translate(whole, {quoted(FROM)}, {quoted(TO)});
        END IF;
        IF whole ~ '[ßẞæÆœŒþÞ]' THEN
            whole := replace(replace(replace(replace(whole, 'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE');
            whole := replace(replace(replace(replace(whole, 'œ', 'oe'), 'Œ', 'OE'), 'þ', 'th'), 'Þ', 'TH');
        END IF;
        whole := normalize(whole, NFC);
    END IF;
    RETURN {result};
END $$;
"""


FUNCTIONS = rf"""
{function("chat_plain", "whole")}
{function("chat_fold", "lower(whole)")}

-- Words, the parts of identifiers beside the whole, and pairs of characters where no spaces part words. Of each run of
-- such characters the last stands by itself, too: with the pairs that begin with it, every single one is a beginning.
-- What is `asked` for is cut in the same way, but a last character only where it is the only one.
CREATE FUNCTION chat_lexemes(body text, asked boolean) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    WITH given AS (SELECT chat_plain(left(body, 200000)) AS whole),
    spaced AS (SELECT regexp_replace(whole, '[{UNSPACED}]+', ' ', 'g') AS whole FROM given),
    runs AS (SELECT found[1] AS run FROM given, regexp_matches(given.whole, '[{UNSPACED}]+', 'g') AS found)
    SELECT coalesce(array_agg(DISTINCT lexeme), '{{}}') FROM (
        SELECT left(lower(found[1]), 64) AS lexeme
        FROM spaced, regexp_matches(spaced.whole, '[[:alnum:]_{JOINING}]+', 'g') AS found
      UNION ALL
        SELECT left(lower(found[1]), 64) FROM spaced, regexp_matches(
            spaced.whole, '[[:upper:]]?[[:lower:]]+|[[:upper:]]+(?![[:lower:]])|[[:digit:]]+', 'g') AS found
      UNION ALL
        SELECT substr(run, place, 2) FROM runs, generate_series(1, length(run) - 1) AS place
      UNION ALL
        SELECT right(run, 1) FROM runs WHERE NOT asked OR length(run) = 1
    ) AS lexemes WHERE lexeme <> ''
$$;

CREATE OR REPLACE FUNCTION chat_lexemes(body text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT chat_lexemes(body, false)
$$;

CREATE OR REPLACE FUNCTION chat_keep_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector, version)
    SELECT NEW.id, c.owner_id, c.id, NEW.created_at, chat_search_vector(c.owner_id, NEW.author, NEW.text), 1
    FROM chat_conversation c WHERE c.id = NEW.conversation_id
    ON CONFLICT (message_id) DO UPDATE SET vector = EXCLUDED.vector, version = EXCLUDED.version;
    RETURN NULL;
END $$;
"""
CJK = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002ffff"
BACKWARD = rf"""
CREATE OR REPLACE FUNCTION chat_keep_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector)
    SELECT NEW.id, c.owner_id, c.id, NEW.created_at, chat_search_vector(c.owner_id, NEW.author, NEW.text)
    FROM chat_conversation c WHERE c.id = NEW.conversation_id
    ON CONFLICT (message_id) DO UPDATE SET vector = EXCLUDED.vector;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION chat_lexemes(body text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    WITH given AS (SELECT normalize(left(body, 200000), NFKC) AS whole),
    spaced AS (SELECT regexp_replace(whole, '[{CJK}]+', ' ', 'g') AS whole FROM given)
    SELECT coalesce(array_agg(DISTINCT lexeme), '{{}}') FROM (
        SELECT left(lower(found[1]), 64) AS lexeme
        FROM spaced, regexp_matches(spaced.whole, '[[:alnum:]_]+', 'g') AS found
      UNION ALL
        SELECT left(lower(found[1]), 64) FROM spaced, regexp_matches(
            spaced.whole, '[[:upper:]]?[[:lower:]]+|[[:upper:]]+(?![[:lower:]])|[[:digit:]]+', 'g') AS found
      UNION ALL
        SELECT substr(found[1], place, 2)
        FROM given, regexp_matches(given.whole, '[{CJK}]+', 'g') AS found,
            generate_series(1, greatest(length(found[1]) - 1, 1)) AS place
    ) AS lexemes WHERE lexeme <> ''
$$;
DROP FUNCTION chat_lexemes(text, boolean);
DROP FUNCTION chat_fold(text);
DROP FUNCTION chat_plain(text);
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0009_spec")]
    operations = [
        migrations.AddField("searchentry", "version", models.SmallIntegerField(db_default=0, default=1)),
        migrations.RunSQL(FUNCTIONS, BACKWARD),
        AddIndexConcurrently(
            "searchentry",
            models.Index(models.F("created_at").desc(), condition=models.Q(version=0), name="search_outdated"),
        ),
        AddIndexConcurrently(
            "conversation",
            GinIndex(OpClass(Func("title", function="chat_fold"), name="gin_trgm_ops"), name="conversation_folded"),
        ),
        RemoveIndexConcurrently("conversation", "conversation_title"),
    ]

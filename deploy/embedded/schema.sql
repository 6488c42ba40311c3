SELECT pg_catalog.set_config('search_path', '', false);
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;


CREATE FUNCTION public.accounts_audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed or deleted';
END $$;


CREATE FUNCTION public.billing_ledger_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are never changed or deleted';
END $$;


CREATE FUNCTION public.chat_fold(body text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    whole text := body;
BEGIN
    IF octet_length(whole) <> length(whole) THEN
        whole := regexp_replace(normalize(whole, NFKD), '[\u00ad\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]+', '', 'g');
        IF whole ~ '[ŁłĐđÐðØøĦħŦŧıςҙىکیٱة‘’‛′ʼ＇“”„«»‐‑‒–—−⁄∕٠-٩۰-۹߀-߉०-९০-৯੦-੯૦-૯୦-୯௦-௯౦-౯೦-೯൦-൯෦-෯๐-๙໐-໙༠-༩၀-၉႐-႙០-៩᠐-᠙]' THEN
            whole := translate(whole, 'ŁłĐđÐðØøĦħŦŧıςҙىکیٱة‘’‛′ʼ＇“”„«»‐‑‒–—−⁄∕٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹߀߁߂߃߄߅߆߇߈߉०१२३४५६७८९০১২৩৪৫৬৭৮৯੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯୦୧୨୩୪୫୬୭୮୯௦௧௨௩௪௫௬௭௮௯౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯෦෧෨෩෪෫෬෭෮෯๐๑๒๓๔๕๖๗๘๙໐໑໒໓໔໕໖໗໘໙༠༡༢༣༤༥༦༧༨༩၀၁၂၃၄၅၆၇၈၉႐႑႒႓႔႕႖႗႘႙០១២៣៤៥៦៧៨៩᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙', 'LlDdDdOoHhTtiσзيكياه''''''''''''"""""------//01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789');
        END IF;
        IF whole ~ '[ßẞæÆœŒþÞ]' THEN
            whole := replace(replace(replace(replace(whole, 'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE');
            whole := replace(replace(replace(replace(whole, 'œ', 'oe'), 'Œ', 'OE'), 'þ', 'th'), 'Þ', 'TH');
        END IF;
        whole := normalize(whole, NFC);
    END IF;
    RETURN lower(whole);
END $$;


CREATE FUNCTION public.chat_forget_project_grants() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM accounts_grant WHERE resource_type = 'project' AND resource_id = OLD.id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.chat_keep_search() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' AND current_setting('parley.copying', true) = 'on' THEN
        RETURN NULL;
    END IF;

    INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector, version)
    SELECT NEW.id, c.owner_id, c.id, NEW.created_at, chat_search_vector(c.owner_id, NEW.author, NEW.text), 1
    FROM chat_conversation c WHERE c.id = NEW.conversation_id
    ON CONFLICT (message_id) DO UPDATE SET vector = EXCLUDED.vector, version = EXCLUDED.version;
    RETURN NULL;

END $$;


CREATE FUNCTION public.chat_lexemes(body text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT chat_lexemes(body, false)
$$;


CREATE FUNCTION public.chat_lexemes(body text, asked boolean) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    WITH given AS (SELECT chat_plain(left(body, 200000)) AS whole),
    spaced AS (SELECT regexp_replace(whole, '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+', ' ', 'g') AS whole FROM given),
    runs AS (SELECT found[1] AS run FROM given, regexp_matches(given.whole, '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+', 'g') AS found)
    SELECT coalesce(array_agg(DISTINCT lexeme), '{}') FROM (
        SELECT left(lower(found[1]), 64) AS lexeme
        FROM spaced, regexp_matches(spaced.whole, '[[:alnum:]_\u093c\u094d\u09bc\u09cd\u0a3c\u0a4d\u0abc\u0acd\u0b3c\u0b4d\u0bcd\u0c4d\u0cbc\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0f39\u0f84\u1039\u103a\u17d2\u3099\u309a]+', 'g') AS found
      UNION ALL
        SELECT left(lower(found[1]), 64) FROM spaced, regexp_matches(
            spaced.whole, '[[:upper:]]?[[:lower:]]+|[[:upper:]]+(?![[:lower:]])|[[:digit:]]+', 'g') AS found
      UNION ALL
        SELECT substr(run, place, 2) FROM runs, generate_series(1, length(run) - 1) AS place
      UNION ALL
        SELECT right(run, 1) FROM runs WHERE NOT asked OR length(run) = 1
    ) AS lexemes WHERE lexeme <> ''
$$;


CREATE FUNCTION public.chat_plain(body text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    whole text := body;
BEGIN
    IF octet_length(whole) <> length(whole) THEN
        whole := regexp_replace(normalize(whole, NFKD), '[\u00ad\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]+', '', 'g');
        IF whole ~ '[ŁłĐđÐðØøĦħŦŧıςҙىکیٱة‘’‛′ʼ＇“”„«»‐‑‒–—−⁄∕٠-٩۰-۹߀-߉०-९০-৯੦-੯૦-૯୦-୯௦-௯౦-౯೦-೯൦-൯෦-෯๐-๙໐-໙༠-༩၀-၉႐-႙០-៩᠐-᠙]' THEN
            whole := translate(whole, 'ŁłĐđÐðØøĦħŦŧıςҙىکیٱة‘’‛′ʼ＇“”„«»‐‑‒–—−⁄∕٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹߀߁߂߃߄߅߆߇߈߉०१२३४५६७८९০১২৩৪৫৬৭৮৯੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯୦୧୨୩୪୫୬୭୮୯௦௧௨௩௪௫௬௭௮௯౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯෦෧෨෩෪෫෬෭෮෯๐๑๒๓๔๕๖๗๘๙໐໑໒໓໔໕໖໗໘໙༠༡༢༣༤༥༦༧༨༩၀၁၂၃၄၅၆၇၈၉႐႑႒႓႔႕႖႗႘႙០១២៣៤៥៦៧៨៩᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙', 'LlDdDdOoHhTtiσзيكياه''''''''''''"""""------//01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789');
        END IF;
        IF whole ~ '[ßẞæÆœŒþÞ]' THEN
            whole := replace(replace(replace(replace(whole, 'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE');
            whole := replace(replace(replace(replace(whole, 'œ', 'oe'), 'Œ', 'OE'), 'þ', 'th'), 'Þ', 'TH');
        END IF;
        whole := normalize(whole, NFC);
    END IF;
    RETURN whole;
END $$;


CREATE TABLE public.chat_searchentry (
    message_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    vector tsvector NOT NULL,
    version smallint DEFAULT 0 NOT NULL
);


CREATE FUNCTION public.chat_search(query tsquery, most integer) RETURNS SETOF public.chat_searchentry
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_indexscan TO 'off'
    SET jit TO 'off'
    AS $$
    SELECT * FROM chat_searchentry WHERE vector @@ query LIMIT most
$$;


CREATE FUNCTION public.chat_search_newest(owner uuid, query tsquery, moment timestamp with time zone, last uuid, most integer) RETURNS SETOF public.chat_searchentry
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    AS $$
    SELECT * FROM chat_searchentry
    WHERE owner_id = owner AND vector @@ query AND (moment IS NULL OR (created_at, message_id) < (moment, last))
    ORDER BY created_at DESC, message_id DESC LIMIT most
$$;


CREATE FUNCTION public.chat_search_recent(owner uuid, query tsquery, moment timestamp with time zone, last uuid, span integer) RETURNS SETOF public.chat_searchentry
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    AS $$
    SELECT * FROM (
        SELECT * FROM chat_searchentry
        WHERE owner_id = owner AND (moment IS NULL OR (created_at, message_id) < (moment, last))
        ORDER BY created_at DESC, message_id DESC LIMIT span
    ) AS newest WHERE vector @@ query
$$;


CREATE FUNCTION public.chat_search_vector(owner uuid, role text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
DECLARE
    marks text[] := ARRAY['o:' || replace(owner::text, '-', ''), 'r:' || role]
        || CASE WHEN position('```' IN body) > 0 THEN ARRAY['c:code'] ELSE '{}' END;
    lexemes text[] := chat_lexemes(body);
BEGIN
    RETURN array_to_tsvector(marks || lexemes[1:30000]);
EXCEPTION WHEN program_limit_exceeded THEN
    -- A vector holds one megabyte; a message must be stored whatever it says.
    RETURN array_to_tsvector(marks || lexemes[1:2000]);
END $$;


CREATE FUNCTION public.message_beyond_text() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
    NEW.beyond_text := jsonb_path_exists(NEW.parts, '$[*] ? (@.type != "text" && @.type != "think")');
    RETURN NEW;
END $_$;


CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id uuid NOT NULL
);


ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);


ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.accounts_apikey (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    prefix character varying(8) NOT NULL,
    key_hash character varying(64) NOT NULL,
    scopes character varying(8)[] NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);


CREATE TABLE public.accounts_auditentry (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id uuid,
    actor_name character varying(254) NOT NULL,
    action character varying(64) NOT NULL,
    target_type character varying(64) NOT NULL,
    target_id character varying(128) NOT NULL,
    target_name character varying(254) NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    address character varying(64) NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);


CREATE TABLE public.accounts_ban (
    id uuid NOT NULL,
    address inet,
    until timestamp with time zone NOT NULL,
    reason character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    user_id uuid,
    CONSTRAINT ban_of_one CHECK ((((user_id IS NULL) OR (address IS NULL)) AND (1 = (
CASE
    WHEN (user_id IS NULL) THEN 1
    ELSE 0
END +
CASE
    WHEN (address IS NULL) THEN 1
    ELSE 0
END))))
);


CREATE TABLE public.accounts_banner (
    id uuid NOT NULL,
    message character varying(500) NOT NULL,
    display_from timestamp with time zone NOT NULL,
    display_to timestamp with time zone,
    is_public boolean NOT NULL,
    is_persistent boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    CONSTRAINT banner_ends_after_it_begins CHECK (((display_to IS NULL) OR (display_to > display_from)))
);


CREATE TABLE public.accounts_capabilitygrant (
    id uuid NOT NULL,
    capability character varying(64) NOT NULL,
    principal character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    granted_by_id uuid,
    role_id character varying(64),
    user_id uuid,
    group_id uuid,
    CONSTRAINT capability_names_its_principal CHECK ((((group_id IS NULL) AND ((principal)::text = 'user'::text) AND (role_id IS NULL) AND (user_id IS NOT NULL)) OR ((group_id IS NOT NULL) AND ((principal)::text = 'group'::text) AND (role_id IS NULL) AND (user_id IS NULL)) OR ((group_id IS NULL) AND ((principal)::text = 'role'::text) AND (role_id IS NOT NULL) AND (user_id IS NULL)) OR ((group_id IS NULL) AND ((principal)::text = 'public'::text) AND (role_id IS NULL) AND (user_id IS NULL)))),
    CONSTRAINT capability_not_public CHECK ((NOT ((principal)::text = 'public'::text)))
);


CREATE TABLE public.accounts_grant (
    id uuid NOT NULL,
    resource_type character varying(32) NOT NULL,
    resource_id uuid NOT NULL,
    principal character varying(8) NOT NULL,
    bits smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    granted_by_id uuid,
    role_id character varying(64),
    user_id uuid,
    group_id uuid,
    CONSTRAINT accounts_grant_bits_check CHECK ((bits >= 0)),
    CONSTRAINT grant_bits CHECK (((bits >= 1) AND (bits <= 15))),
    CONSTRAINT grant_names_its_principal CHECK ((((group_id IS NULL) AND ((principal)::text = 'user'::text) AND (role_id IS NULL) AND (user_id IS NOT NULL)) OR ((group_id IS NOT NULL) AND ((principal)::text = 'group'::text) AND (role_id IS NULL) AND (user_id IS NULL)) OR ((group_id IS NULL) AND ((principal)::text = 'role'::text) AND (role_id IS NOT NULL) AND (user_id IS NULL)) OR ((group_id IS NULL) AND ((principal)::text = 'public'::text) AND (role_id IS NULL) AND (user_id IS NULL))))
);


CREATE TABLE public.accounts_group (
    id uuid NOT NULL,
    name character varying(500) NOT NULL,
    description character varying(2000) NOT NULL,
    source character varying(8) NOT NULL,
    external_id character varying(500) NOT NULL,
    retention_days integer,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying(254) DEFAULT ''::character varying NOT NULL,
    avatar character varying(2000) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT accounts_group_retention_days_check CHECK ((retention_days >= 0))
);


CREATE TABLE public.accounts_invitation (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    token_hash character varying(64) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    invited_by_id uuid,
    role_id character varying(64) NOT NULL
);


CREATE TABLE public.accounts_mailedtoken (
    id bigint NOT NULL,
    purpose character varying(16) NOT NULL,
    token_hash character varying(64) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);


ALTER TABLE public.accounts_mailedtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_mailedtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.accounts_membership (
    id bigint NOT NULL,
    is_manager boolean NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL
);


ALTER TABLE public.accounts_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.accounts_modelaccess (
    id bigint NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    enabled boolean NOT NULL,
    coefficient numeric(8,4) NOT NULL,
    role_id character varying(64) NOT NULL,
    CONSTRAINT model_access_coefficient CHECK (((coefficient >= (0)::numeric) AND (coefficient <= (1000)::numeric)))
);


ALTER TABLE public.accounts_modelaccess ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_modelaccess_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.accounts_refreshsession (
    id uuid NOT NULL,
    token_hash character varying(64) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    rotated_at timestamp with time zone,
    ip inet,
    user_agent character varying(300) DEFAULT ''::character varying NOT NULL
);


CREATE TABLE public.accounts_role (
    name character varying(64) NOT NULL,
    description character varying(500) NOT NULL,
    permissions jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    retention_days integer,
    CONSTRAINT accounts_role_retention_days_check CHECK ((retention_days >= 0))
);


CREATE TABLE public.accounts_sitesettings (
    id smallint NOT NULL,
    app_title character varying(60) NOT NULL,
    welcome character varying(200) NOT NULL,
    footer character varying(300) NOT NULL,
    allow_registration boolean,
    require_approval boolean,
    allowed_domains character varying(2000) NOT NULL,
    allow_password_reset boolean,
    allow_account_deletion boolean,
    CONSTRAINT site_settings_once CHECK ((id = 1))
);


CREATE TABLE public.accounts_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(80) NOT NULL,
    username character varying(80) NOT NULL,
    provider character varying(32) NOT NULL,
    email_verified boolean NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    role_id character varying(64) NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    sign_in_version integer DEFAULT 0 NOT NULL,
    terms_accepted_at timestamp with time zone,
    waits_for_approval boolean DEFAULT false NOT NULL,
    CONSTRAINT accounts_user_sign_in_version_check CHECK ((sign_in_version >= 0))
);


CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);


ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);


ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);


ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.billing_balance (
    user_id uuid NOT NULL,
    credits bigint NOT NULL,
    held bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    last_refill_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    awaits_start boolean DEFAULT false NOT NULL,
    CONSTRAINT balance_held_not_negative CHECK ((held >= 0))
);


CREATE TABLE public.billing_budget (
    id uuid NOT NULL,
    name character varying(120) NOT NULL,
    scope character varying(8) NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    unit character varying(8) NOT NULL,
    amount bigint NOT NULL,
    period character varying(8) NOT NULL,
    per_person boolean NOT NULL,
    is_hard boolean NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id uuid,
    group_id uuid,
    role_id character varying(64),
    user_id uuid,
    api_key_id uuid,
    CONSTRAINT budget_names_its_scope CHECK ((((api_key_id IS NULL) AND (group_id IS NULL) AND (role_id IS NULL) AND ((scope)::text = 'everyone'::text) AND (user_id IS NULL)) OR ((api_key_id IS NULL) AND (group_id IS NULL) AND (role_id IS NULL) AND ((scope)::text = 'user'::text) AND (user_id IS NOT NULL)) OR ((api_key_id IS NULL) AND (group_id IS NOT NULL) AND (role_id IS NULL) AND ((scope)::text = 'group'::text) AND (user_id IS NULL)) OR ((api_key_id IS NULL) AND (group_id IS NULL) AND (role_id IS NOT NULL) AND ((scope)::text = 'role'::text) AND (user_id IS NULL)) OR ((api_key_id IS NOT NULL) AND (group_id IS NULL) AND (role_id IS NULL) AND ((scope)::text = 'key'::text) AND (user_id IS NULL)))),
    CONSTRAINT budget_not_negative CHECK ((amount >= 0))
);


CREATE TABLE public.billing_budgetusage (
    id bigint NOT NULL,
    subject uuid NOT NULL,
    period_start date NOT NULL,
    spent bigint NOT NULL,
    held bigint NOT NULL,
    budget_id uuid NOT NULL,
    CONSTRAINT budget_held_not_negative CHECK ((held >= 0))
);


ALTER TABLE public.billing_budgetusage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_budgetusage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.billing_hold (
    id uuid NOT NULL,
    state character varying(8) NOT NULL,
    amount bigint NOT NULL,
    limited boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    user_id uuid NOT NULL,
    coefficient numeric(8,4) DEFAULT 1 NOT NULL,
    on_balance boolean DEFAULT false NOT NULL,
    key_id uuid,
    reply_tokens integer DEFAULT 1000 NOT NULL,
    prompt_tokens integer DEFAULT 0 NOT NULL,
    written_tokens bigint DEFAULT 0 NOT NULL,
    CONSTRAINT hold_amount_not_negative CHECK ((amount >= 0))
);


CREATE TABLE public.billing_holdshare (
    id bigint NOT NULL,
    amount bigint NOT NULL,
    hold_id uuid NOT NULL,
    usage_id bigint NOT NULL,
    CONSTRAINT hold_share_not_negative CHECK ((amount >= 0))
);


ALTER TABLE public.billing_holdshare ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_holdshare_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.billing_ledgerentry (
    id uuid NOT NULL,
    key character varying(160) NOT NULL,
    reason character varying(32) NOT NULL,
    credits bigint NOT NULL,
    balance_after bigint NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    estimated boolean NOT NULL,
    rates jsonb NOT NULL,
    coefficient numeric(8,4) NOT NULL,
    hold_id uuid,
    actor_id uuid,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    note character varying(500) DEFAULT ''::character varying NOT NULL,
    cache_write_1h_tokens bigint DEFAULT 0 NOT NULL
);


CREATE TABLE public.billing_moneysettings (
    id smallint NOT NULL,
    enforced boolean,
    start_credits bigint,
    refill boolean,
    refill_amount bigint,
    refill_value integer,
    refill_unit character varying(8) NOT NULL,
    unknown character varying(8) NOT NULL,
    default_rate numeric(12,6),
    CONSTRAINT billing_moneysettings_refill_amount_check CHECK ((refill_amount >= 0)),
    CONSTRAINT billing_moneysettings_refill_value_check CHECK ((refill_value >= 0)),
    CONSTRAINT billing_moneysettings_start_credits_check CHECK ((start_credits >= 0)),
    CONSTRAINT money_refill_is_whole CHECK ((((refill_amount IS NULL) AND ((refill_unit)::text = ''::text) AND (refill_value IS NULL)) OR ((refill_amount IS NOT NULL) AND (refill_value >= 1) AND (NOT ((refill_unit)::text = ''::text))))),
    CONSTRAINT money_settings_once CHECK ((id = 1))
);


CREATE TABLE public.billing_price (
    id bigint NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    prompt numeric(16,8) NOT NULL,
    completion numeric(16,8) NOT NULL,
    cache_read numeric(16,8),
    cache_write numeric(16,8),
    updated_at timestamp with time zone NOT NULL,
    cache_write_1h numeric(16,9),
    images numeric(16,9),
    seconds numeric(16,9),
    characters numeric(16,9),
    pages numeric(16,9),
    searches numeric(16,9),
    calls numeric(16,9),
    CONSTRAINT price_in_bounds CHECK (((prompt >= (0)::numeric) AND (prompt <= (1000000)::numeric) AND (completion >= (0)::numeric) AND (completion <= (1000000)::numeric) AND ((cache_read IS NULL) OR ((cache_read >= (0)::numeric) AND (cache_read <= (1000000)::numeric))) AND ((cache_write IS NULL) OR ((cache_write >= (0)::numeric) AND (cache_write <= (1000000)::numeric))))),
    CONSTRAINT price_of_units_in_bounds CHECK ((((cache_write_1h IS NULL) OR ((cache_write_1h >= (0)::numeric) AND (cache_write_1h <= (1000000)::numeric))) AND ((images IS NULL) OR ((images >= (0)::numeric) AND (images <= (1000000)::numeric))) AND ((seconds IS NULL) OR ((seconds >= (0)::numeric) AND (seconds <= (1000000)::numeric))) AND ((characters IS NULL) OR ((characters >= (0)::numeric) AND (characters <= (1000000)::numeric))) AND ((pages IS NULL) OR ((pages >= (0)::numeric) AND (pages <= (1000000)::numeric))) AND ((searches IS NULL) OR ((searches >= (0)::numeric) AND (searches <= (1000000)::numeric))) AND ((calls IS NULL) OR ((calls >= (0)::numeric) AND (calls <= (1000000)::numeric)))))
);


ALTER TABLE public.billing_price ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_price_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.billing_reconciliation (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    people bigint NOT NULL,
    entries bigint NOT NULL,
    drift jsonb NOT NULL
);


ALTER TABLE public.billing_reconciliation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_reconciliation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.chat_approval (
    id uuid NOT NULL,
    call_id character varying(256) NOT NULL,
    kind character varying(8) NOT NULL,
    request jsonb DEFAULT '{}'::jsonb NOT NULL,
    state character varying(9) NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    answered_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    answered_by_id uuid,
    run_id uuid NOT NULL
);


CREATE TABLE public.chat_conversation (
    id uuid NOT NULL,
    title character varying(1024) NOT NULL,
    titled_by character varying(8) NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    settings jsonb NOT NULL,
    is_temporary boolean NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    owner_id uuid NOT NULL,
    chosen_root_id uuid,
    archived_at timestamp with time zone,
    deleted_at timestamp with time zone,
    pin_position integer,
    project_id uuid,
    spec character varying(256) DEFAULT ''::character varying NOT NULL,
    icon_url character varying(8192) DEFAULT ''::character varying NOT NULL,
    greeting character varying(1024) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT chat_conversation_pin_position_check CHECK ((pin_position >= 0))
);


CREATE TABLE public.chat_conversation_tags (
    id bigint NOT NULL,
    conversation_id uuid NOT NULL,
    tag_id uuid NOT NULL
);


ALTER TABLE public.chat_conversation_tags ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chat_conversation_tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.chat_favourite (
    id uuid NOT NULL,
    endpoint character varying(256) NOT NULL,
    model character varying(256) NOT NULL,
    "position" integer NOT NULL,
    owner_id uuid NOT NULL,
    spec character varying(256) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT chat_favourite_position_check CHECK (("position" >= 0))
);


CREATE TABLE public.chat_generation (
    id uuid NOT NULL,
    hold_id uuid,
    state character varying(11) NOT NULL,
    continues boolean NOT NULL,
    needs_title boolean NOT NULL,
    client_request_id character varying(128),
    worker character varying(64) NOT NULL,
    lease_expires_at timestamp with time zone,
    stop_requested boolean NOT NULL,
    last_event_id character varying(32) NOT NULL,
    error character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    conversation_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    message_id uuid NOT NULL,
    parent_id uuid,
    agent character varying(64) DEFAULT ''::character varying NOT NULL,
    checkpoint jsonb,
    content jsonb,
    has_mail boolean DEFAULT false NOT NULL,
    has_queue boolean DEFAULT false NOT NULL
);


CREATE TABLE public.chat_inboxitem (
    id uuid NOT NULL,
    kind character varying(6) NOT NULL,
    body jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    taken_at timestamp with time zone,
    run_id uuid NOT NULL
);


CREATE TABLE public.chat_message (
    id uuid NOT NULL,
    author character varying(9) NOT NULL,
    state character varying(11) NOT NULL,
    parts jsonb NOT NULL,
    text text NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    sender character varying(256) NOT NULL,
    finish_reason character varying(16) NOT NULL,
    usage jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    chosen_child_id uuid,
    conversation_id uuid NOT NULL,
    parent_id uuid,
    edited_at timestamp with time zone,
    feedback jsonb,
    quotes jsonb DEFAULT '[]'::jsonb NOT NULL,
    left_out integer DEFAULT 0 NOT NULL,
    spec character varying(256) DEFAULT ''::character varying NOT NULL,
    beyond_text boolean DEFAULT false NOT NULL,
    CONSTRAINT chat_message_left_out_check CHECK ((left_out >= 0)),
    CONSTRAINT message_not_its_own_parent CHECK ((NOT ((parent_id = id) AND (parent_id IS NOT NULL)))),
    CONSTRAINT message_root_is_from_user CHECK ((((author)::text = 'user'::text) OR (parent_id IS NOT NULL)))
);


CREATE TABLE public.chat_project (
    id uuid NOT NULL,
    name character varying(100) NOT NULL,
    description character varying(1000) NOT NULL,
    instructions text NOT NULL,
    endpoint character varying(128) NOT NULL,
    model character varying(256) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    owner_id uuid NOT NULL
);


CREATE TABLE public.chat_queuedturn (
    id uuid NOT NULL,
    client_request_id character varying(128) NOT NULL,
    text text NOT NULL,
    draft jsonb NOT NULL,
    is_first boolean NOT NULL,
    state character varying(9) NOT NULL,
    refusal_code character varying(64) NOT NULL,
    refusal character varying(500) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    conversation_id uuid NOT NULL
);


CREATE TABLE public.chat_step (
    id bigint NOT NULL,
    n integer NOT NULL,
    kind character varying(5) NOT NULL,
    state character varying(7) NOT NULL,
    quantities jsonb DEFAULT '{}'::jsonb NOT NULL,
    started_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    run_id uuid NOT NULL,
    CONSTRAINT chat_step_n_check CHECK ((n >= 0))
);


ALTER TABLE public.chat_step ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chat_step_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.chat_tag (
    id uuid NOT NULL,
    name character varying(128) NOT NULL,
    description character varying(1000) NOT NULL,
    "position" integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT chat_tag_position_check CHECK (("position" >= 0))
);


CREATE TABLE public.chat_toolresult (
    message_id uuid NOT NULL,
    id uuid NOT NULL,
    key uuid NOT NULL,
    content jsonb NOT NULL
);


CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id uuid NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);


ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);


ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);


ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);


CREATE TABLE public.endpoints_operatorendpoint (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    provider character varying(40) NOT NULL,
    name character varying(64) NOT NULL,
    base_url character varying(500) NOT NULL,
    api_key text NOT NULL,
    key_end character varying(4) NOT NULL,
    key_from_user boolean NOT NULL,
    model_names character varying(256)[] NOT NULL,
    fetch_models boolean NOT NULL,
    is_enabled boolean NOT NULL,
    "order" smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT endpoints_operatorendpoint_order_check CHECK (("order" >= 0))
);


CREATE TABLE public.endpoints_userkey (
    id uuid NOT NULL,
    endpoint character varying(128) NOT NULL,
    value text NOT NULL,
    expires_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    places text DEFAULT ''::text NOT NULL
);


CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);


ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.socialaccount_socialaccount (
    id integer NOT NULL,
    provider character varying(200) NOT NULL,
    uid character varying(191) NOT NULL,
    last_login timestamp with time zone NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL,
    user_id uuid NOT NULL
);


ALTER TABLE public.socialaccount_socialaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.socialaccount_socialapp (
    id integer NOT NULL,
    provider character varying(30) NOT NULL,
    name character varying(40) NOT NULL,
    client_id character varying(191) NOT NULL,
    secret character varying(191) NOT NULL,
    key character varying(191) NOT NULL,
    provider_id character varying(200) NOT NULL,
    settings jsonb NOT NULL
);


ALTER TABLE public.socialaccount_socialapp ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialapp_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.socialaccount_socialtoken (
    id integer NOT NULL,
    token text NOT NULL,
    token_secret text NOT NULL,
    expires_at timestamp with time zone,
    account_id integer NOT NULL,
    app_id integer
);


ALTER TABLE public.socialaccount_socialtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL
);


ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


INSERT INTO public.accounts_role VALUES ('USER', 'Chats.', '{}', now(), NULL);
INSERT INTO public.accounts_role VALUES ('ADMIN', 'May do everything.', '{}', now(), NULL);


INSERT INTO public.auth_permission VALUES (1, 'Can add log entry', 1, 'add_logentry');
INSERT INTO public.auth_permission VALUES (2, 'Can change log entry', 1, 'change_logentry');
INSERT INTO public.auth_permission VALUES (3, 'Can delete log entry', 1, 'delete_logentry');
INSERT INTO public.auth_permission VALUES (4, 'Can view log entry', 1, 'view_logentry');
INSERT INTO public.auth_permission VALUES (5, 'Can add permission', 2, 'add_permission');
INSERT INTO public.auth_permission VALUES (6, 'Can change permission', 2, 'change_permission');
INSERT INTO public.auth_permission VALUES (7, 'Can delete permission', 2, 'delete_permission');
INSERT INTO public.auth_permission VALUES (8, 'Can view permission', 2, 'view_permission');
INSERT INTO public.auth_permission VALUES (9, 'Can add group', 3, 'add_group');
INSERT INTO public.auth_permission VALUES (10, 'Can change group', 3, 'change_group');
INSERT INTO public.auth_permission VALUES (11, 'Can delete group', 3, 'delete_group');
INSERT INTO public.auth_permission VALUES (12, 'Can view group', 3, 'view_group');
INSERT INTO public.auth_permission VALUES (13, 'Can add content type', 4, 'add_contenttype');
INSERT INTO public.auth_permission VALUES (14, 'Can change content type', 4, 'change_contenttype');
INSERT INTO public.auth_permission VALUES (15, 'Can delete content type', 4, 'delete_contenttype');
INSERT INTO public.auth_permission VALUES (16, 'Can view content type', 4, 'view_contenttype');
INSERT INTO public.auth_permission VALUES (17, 'Can add session', 5, 'add_session');
INSERT INTO public.auth_permission VALUES (18, 'Can change session', 5, 'change_session');
INSERT INTO public.auth_permission VALUES (19, 'Can delete session', 5, 'delete_session');
INSERT INTO public.auth_permission VALUES (20, 'Can view session', 5, 'view_session');
INSERT INTO public.auth_permission VALUES (21, 'Can add email address', 6, 'add_emailaddress');
INSERT INTO public.auth_permission VALUES (22, 'Can change email address', 6, 'change_emailaddress');
INSERT INTO public.auth_permission VALUES (23, 'Can delete email address', 6, 'delete_emailaddress');
INSERT INTO public.auth_permission VALUES (24, 'Can view email address', 6, 'view_emailaddress');
INSERT INTO public.auth_permission VALUES (25, 'Can add email confirmation', 7, 'add_emailconfirmation');
INSERT INTO public.auth_permission VALUES (26, 'Can change email confirmation', 7, 'change_emailconfirmation');
INSERT INTO public.auth_permission VALUES (27, 'Can delete email confirmation', 7, 'delete_emailconfirmation');
INSERT INTO public.auth_permission VALUES (28, 'Can view email confirmation', 7, 'view_emailconfirmation');
INSERT INTO public.auth_permission VALUES (29, 'Can add social account', 8, 'add_socialaccount');
INSERT INTO public.auth_permission VALUES (30, 'Can change social account', 8, 'change_socialaccount');
INSERT INTO public.auth_permission VALUES (31, 'Can delete social account', 8, 'delete_socialaccount');
INSERT INTO public.auth_permission VALUES (32, 'Can view social account', 8, 'view_socialaccount');
INSERT INTO public.auth_permission VALUES (33, 'Can add social application', 9, 'add_socialapp');
INSERT INTO public.auth_permission VALUES (34, 'Can change social application', 9, 'change_socialapp');
INSERT INTO public.auth_permission VALUES (35, 'Can delete social application', 9, 'delete_socialapp');
INSERT INTO public.auth_permission VALUES (36, 'Can view social application', 9, 'view_socialapp');
INSERT INTO public.auth_permission VALUES (37, 'Can add social application token', 10, 'add_socialtoken');
INSERT INTO public.auth_permission VALUES (38, 'Can change social application token', 10, 'change_socialtoken');
INSERT INTO public.auth_permission VALUES (39, 'Can delete social application token', 10, 'delete_socialtoken');
INSERT INTO public.auth_permission VALUES (40, 'Can view social application token', 10, 'view_socialtoken');
INSERT INTO public.auth_permission VALUES (41, 'Can add authenticator', 11, 'add_authenticator');
INSERT INTO public.auth_permission VALUES (42, 'Can change authenticator', 11, 'change_authenticator');
INSERT INTO public.auth_permission VALUES (43, 'Can delete authenticator', 11, 'delete_authenticator');
INSERT INTO public.auth_permission VALUES (44, 'Can view authenticator', 11, 'view_authenticator');
INSERT INTO public.auth_permission VALUES (45, 'Can add user session', 12, 'add_usersession');
INSERT INTO public.auth_permission VALUES (46, 'Can change user session', 12, 'change_usersession');
INSERT INTO public.auth_permission VALUES (47, 'Can delete user session', 12, 'delete_usersession');
INSERT INTO public.auth_permission VALUES (48, 'Can view user session', 12, 'view_usersession');
INSERT INTO public.auth_permission VALUES (49, 'Can add user', 13, 'add_user');
INSERT INTO public.auth_permission VALUES (50, 'Can change user', 13, 'change_user');
INSERT INTO public.auth_permission VALUES (51, 'Can delete user', 13, 'delete_user');
INSERT INTO public.auth_permission VALUES (52, 'Can view user', 13, 'view_user');
INSERT INTO public.auth_permission VALUES (53, 'Can add role', 14, 'add_role');
INSERT INTO public.auth_permission VALUES (54, 'Can change role', 14, 'change_role');
INSERT INTO public.auth_permission VALUES (55, 'Can delete role', 14, 'delete_role');
INSERT INTO public.auth_permission VALUES (56, 'Can view role', 14, 'view_role');
INSERT INTO public.auth_permission VALUES (57, 'Can add refresh session', 15, 'add_refreshsession');
INSERT INTO public.auth_permission VALUES (58, 'Can change refresh session', 15, 'change_refreshsession');
INSERT INTO public.auth_permission VALUES (59, 'Can delete refresh session', 15, 'delete_refreshsession');
INSERT INTO public.auth_permission VALUES (60, 'Can view refresh session', 15, 'view_refreshsession');
INSERT INTO public.auth_permission VALUES (61, 'Can add group', 16, 'add_group');
INSERT INTO public.auth_permission VALUES (62, 'Can change group', 16, 'change_group');
INSERT INTO public.auth_permission VALUES (63, 'Can delete group', 16, 'delete_group');
INSERT INTO public.auth_permission VALUES (64, 'Can view group', 16, 'view_group');
INSERT INTO public.auth_permission VALUES (65, 'Can add audit entry', 17, 'add_auditentry');
INSERT INTO public.auth_permission VALUES (66, 'Can change audit entry', 17, 'change_auditentry');
INSERT INTO public.auth_permission VALUES (67, 'Can delete audit entry', 17, 'delete_auditentry');
INSERT INTO public.auth_permission VALUES (68, 'Can view audit entry', 17, 'view_auditentry');
INSERT INTO public.auth_permission VALUES (69, 'Can add membership', 18, 'add_membership');
INSERT INTO public.auth_permission VALUES (70, 'Can change membership', 18, 'change_membership');
INSERT INTO public.auth_permission VALUES (71, 'Can delete membership', 18, 'delete_membership');
INSERT INTO public.auth_permission VALUES (72, 'Can view membership', 18, 'view_membership');
INSERT INTO public.auth_permission VALUES (73, 'Can add model access', 19, 'add_modelaccess');
INSERT INTO public.auth_permission VALUES (74, 'Can change model access', 19, 'change_modelaccess');
INSERT INTO public.auth_permission VALUES (75, 'Can delete model access', 19, 'delete_modelaccess');
INSERT INTO public.auth_permission VALUES (76, 'Can view model access', 19, 'view_modelaccess');
INSERT INTO public.auth_permission VALUES (77, 'Can add grant', 20, 'add_grant');
INSERT INTO public.auth_permission VALUES (78, 'Can change grant', 20, 'change_grant');
INSERT INTO public.auth_permission VALUES (79, 'Can delete grant', 20, 'delete_grant');
INSERT INTO public.auth_permission VALUES (80, 'Can view grant', 20, 'view_grant');
INSERT INTO public.auth_permission VALUES (81, 'Can add admin right', 21, 'add_capabilitygrant');
INSERT INTO public.auth_permission VALUES (82, 'Can change admin right', 21, 'change_capabilitygrant');
INSERT INTO public.auth_permission VALUES (83, 'Can delete admin right', 21, 'delete_capabilitygrant');
INSERT INTO public.auth_permission VALUES (84, 'Can view admin right', 21, 'view_capabilitygrant');
INSERT INTO public.auth_permission VALUES (85, 'Can add ban', 22, 'add_ban');
INSERT INTO public.auth_permission VALUES (86, 'Can change ban', 22, 'change_ban');
INSERT INTO public.auth_permission VALUES (87, 'Can delete ban', 22, 'delete_ban');
INSERT INTO public.auth_permission VALUES (88, 'Can view ban', 22, 'view_ban');
INSERT INTO public.auth_permission VALUES (89, 'Can add mailed token', 23, 'add_mailedtoken');
INSERT INTO public.auth_permission VALUES (90, 'Can change mailed token', 23, 'change_mailedtoken');
INSERT INTO public.auth_permission VALUES (91, 'Can delete mailed token', 23, 'delete_mailedtoken');
INSERT INTO public.auth_permission VALUES (92, 'Can view mailed token', 23, 'view_mailedtoken');
INSERT INTO public.auth_permission VALUES (93, 'Can add invitation', 24, 'add_invitation');
INSERT INTO public.auth_permission VALUES (94, 'Can change invitation', 24, 'change_invitation');
INSERT INTO public.auth_permission VALUES (95, 'Can delete invitation', 24, 'delete_invitation');
INSERT INTO public.auth_permission VALUES (96, 'Can view invitation', 24, 'view_invitation');
INSERT INTO public.auth_permission VALUES (97, 'Can add API key', 25, 'add_apikey');
INSERT INTO public.auth_permission VALUES (98, 'Can change API key', 25, 'change_apikey');
INSERT INTO public.auth_permission VALUES (99, 'Can delete API key', 25, 'delete_apikey');
INSERT INTO public.auth_permission VALUES (100, 'Can view API key', 25, 'view_apikey');
INSERT INTO public.auth_permission VALUES (101, 'Can add banner', 26, 'add_banner');
INSERT INTO public.auth_permission VALUES (102, 'Can change banner', 26, 'change_banner');
INSERT INTO public.auth_permission VALUES (103, 'Can delete banner', 26, 'delete_banner');
INSERT INTO public.auth_permission VALUES (104, 'Can view banner', 26, 'view_banner');
INSERT INTO public.auth_permission VALUES (105, 'Can add site settings', 27, 'add_sitesettings');
INSERT INTO public.auth_permission VALUES (106, 'Can change site settings', 27, 'change_sitesettings');
INSERT INTO public.auth_permission VALUES (107, 'Can delete site settings', 27, 'delete_sitesettings');
INSERT INTO public.auth_permission VALUES (108, 'Can view site settings', 27, 'view_sitesettings');
INSERT INTO public.auth_permission VALUES (109, 'Can add balance', 28, 'add_balance');
INSERT INTO public.auth_permission VALUES (110, 'Can change balance', 28, 'change_balance');
INSERT INTO public.auth_permission VALUES (111, 'Can delete balance', 28, 'delete_balance');
INSERT INTO public.auth_permission VALUES (112, 'Can view balance', 28, 'view_balance');
INSERT INTO public.auth_permission VALUES (113, 'Can add hold', 29, 'add_hold');
INSERT INTO public.auth_permission VALUES (114, 'Can change hold', 29, 'change_hold');
INSERT INTO public.auth_permission VALUES (115, 'Can delete hold', 29, 'delete_hold');
INSERT INTO public.auth_permission VALUES (116, 'Can view hold', 29, 'view_hold');
INSERT INTO public.auth_permission VALUES (117, 'Can add ledger entry', 30, 'add_ledgerentry');
INSERT INTO public.auth_permission VALUES (118, 'Can change ledger entry', 30, 'change_ledgerentry');
INSERT INTO public.auth_permission VALUES (119, 'Can delete ledger entry', 30, 'delete_ledgerentry');
INSERT INTO public.auth_permission VALUES (120, 'Can view ledger entry', 30, 'view_ledgerentry');
INSERT INTO public.auth_permission VALUES (121, 'Can add reconciliation', 31, 'add_reconciliation');
INSERT INTO public.auth_permission VALUES (122, 'Can change reconciliation', 31, 'change_reconciliation');
INSERT INTO public.auth_permission VALUES (123, 'Can delete reconciliation', 31, 'delete_reconciliation');
INSERT INTO public.auth_permission VALUES (124, 'Can view reconciliation', 31, 'view_reconciliation');
INSERT INTO public.auth_permission VALUES (125, 'Can add budget', 32, 'add_budget');
INSERT INTO public.auth_permission VALUES (126, 'Can change budget', 32, 'change_budget');
INSERT INTO public.auth_permission VALUES (127, 'Can delete budget', 32, 'delete_budget');
INSERT INTO public.auth_permission VALUES (128, 'Can view budget', 32, 'view_budget');
INSERT INTO public.auth_permission VALUES (129, 'Can add budget usage', 33, 'add_budgetusage');
INSERT INTO public.auth_permission VALUES (130, 'Can change budget usage', 33, 'change_budgetusage');
INSERT INTO public.auth_permission VALUES (131, 'Can delete budget usage', 33, 'delete_budgetusage');
INSERT INTO public.auth_permission VALUES (132, 'Can view budget usage', 33, 'view_budgetusage');
INSERT INTO public.auth_permission VALUES (133, 'Can add hold share', 34, 'add_holdshare');
INSERT INTO public.auth_permission VALUES (134, 'Can change hold share', 34, 'change_holdshare');
INSERT INTO public.auth_permission VALUES (135, 'Can delete hold share', 34, 'delete_holdshare');
INSERT INTO public.auth_permission VALUES (136, 'Can view hold share', 34, 'view_holdshare');
INSERT INTO public.auth_permission VALUES (137, 'Can add price', 35, 'add_price');
INSERT INTO public.auth_permission VALUES (138, 'Can change price', 35, 'change_price');
INSERT INTO public.auth_permission VALUES (139, 'Can delete price', 35, 'delete_price');
INSERT INTO public.auth_permission VALUES (140, 'Can view price', 35, 'view_price');
INSERT INTO public.auth_permission VALUES (141, 'Can add money settings', 36, 'add_moneysettings');
INSERT INTO public.auth_permission VALUES (142, 'Can change money settings', 36, 'change_moneysettings');
INSERT INTO public.auth_permission VALUES (143, 'Can delete money settings', 36, 'delete_moneysettings');
INSERT INTO public.auth_permission VALUES (144, 'Can view money settings', 36, 'view_moneysettings');
INSERT INTO public.auth_permission VALUES (145, 'Can add endpoint', 37, 'add_operatorendpoint');
INSERT INTO public.auth_permission VALUES (146, 'Can change endpoint', 37, 'change_operatorendpoint');
INSERT INTO public.auth_permission VALUES (147, 'Can delete endpoint', 37, 'delete_operatorendpoint');
INSERT INTO public.auth_permission VALUES (148, 'Can view endpoint', 37, 'view_operatorendpoint');
INSERT INTO public.auth_permission VALUES (149, 'Can add user key', 38, 'add_userkey');
INSERT INTO public.auth_permission VALUES (150, 'Can change user key', 38, 'change_userkey');
INSERT INTO public.auth_permission VALUES (151, 'Can delete user key', 38, 'delete_userkey');
INSERT INTO public.auth_permission VALUES (152, 'Can view user key', 38, 'view_userkey');
INSERT INTO public.auth_permission VALUES (153, 'Can add conversation', 39, 'add_conversation');
INSERT INTO public.auth_permission VALUES (154, 'Can change conversation', 39, 'change_conversation');
INSERT INTO public.auth_permission VALUES (155, 'Can delete conversation', 39, 'delete_conversation');
INSERT INTO public.auth_permission VALUES (156, 'Can view conversation', 39, 'view_conversation');
INSERT INTO public.auth_permission VALUES (157, 'Can add message', 40, 'add_message');
INSERT INTO public.auth_permission VALUES (158, 'Can change message', 40, 'change_message');
INSERT INTO public.auth_permission VALUES (159, 'Can delete message', 40, 'delete_message');
INSERT INTO public.auth_permission VALUES (160, 'Can view message', 40, 'view_message');
INSERT INTO public.auth_permission VALUES (161, 'Can add favourite', 41, 'add_favourite');
INSERT INTO public.auth_permission VALUES (162, 'Can change favourite', 41, 'change_favourite');
INSERT INTO public.auth_permission VALUES (163, 'Can delete favourite', 41, 'delete_favourite');
INSERT INTO public.auth_permission VALUES (164, 'Can view favourite', 41, 'view_favourite');
INSERT INTO public.auth_permission VALUES (165, 'Can add project', 42, 'add_project');
INSERT INTO public.auth_permission VALUES (166, 'Can change project', 42, 'change_project');
INSERT INTO public.auth_permission VALUES (167, 'Can delete project', 42, 'delete_project');
INSERT INTO public.auth_permission VALUES (168, 'Can view project', 42, 'view_project');
INSERT INTO public.auth_permission VALUES (169, 'Can add search entry', 43, 'add_searchentry');
INSERT INTO public.auth_permission VALUES (170, 'Can change search entry', 43, 'change_searchentry');
INSERT INTO public.auth_permission VALUES (171, 'Can delete search entry', 43, 'delete_searchentry');
INSERT INTO public.auth_permission VALUES (172, 'Can view search entry', 43, 'view_searchentry');
INSERT INTO public.auth_permission VALUES (173, 'Can add run', 44, 'add_run');
INSERT INTO public.auth_permission VALUES (174, 'Can change run', 44, 'change_run');
INSERT INTO public.auth_permission VALUES (175, 'Can delete run', 44, 'delete_run');
INSERT INTO public.auth_permission VALUES (176, 'Can view run', 44, 'view_run');
INSERT INTO public.auth_permission VALUES (177, 'Can add conversation bookmark', 45, 'add_conversationbookmark');
INSERT INTO public.auth_permission VALUES (178, 'Can change conversation bookmark', 45, 'change_conversationbookmark');
INSERT INTO public.auth_permission VALUES (179, 'Can delete conversation bookmark', 45, 'delete_conversationbookmark');
INSERT INTO public.auth_permission VALUES (180, 'Can view conversation bookmark', 45, 'view_conversationbookmark');
INSERT INTO public.auth_permission VALUES (181, 'Can add bookmark', 46, 'add_bookmark');
INSERT INTO public.auth_permission VALUES (182, 'Can change bookmark', 46, 'change_bookmark');
INSERT INTO public.auth_permission VALUES (183, 'Can delete bookmark', 46, 'delete_bookmark');
INSERT INTO public.auth_permission VALUES (184, 'Can view bookmark', 46, 'view_bookmark');
INSERT INTO public.auth_permission VALUES (185, 'Can add tool result', 47, 'add_toolresult');
INSERT INTO public.auth_permission VALUES (186, 'Can change tool result', 47, 'change_toolresult');
INSERT INTO public.auth_permission VALUES (187, 'Can delete tool result', 47, 'delete_toolresult');
INSERT INTO public.auth_permission VALUES (188, 'Can view tool result', 47, 'view_toolresult');
INSERT INTO public.auth_permission VALUES (189, 'Can add step', 48, 'add_step');
INSERT INTO public.auth_permission VALUES (190, 'Can change step', 48, 'change_step');
INSERT INTO public.auth_permission VALUES (191, 'Can delete step', 48, 'delete_step');
INSERT INTO public.auth_permission VALUES (192, 'Can view step', 48, 'view_step');
INSERT INTO public.auth_permission VALUES (193, 'Can add approval request', 49, 'add_approvalrequest');
INSERT INTO public.auth_permission VALUES (194, 'Can change approval request', 49, 'change_approvalrequest');
INSERT INTO public.auth_permission VALUES (195, 'Can delete approval request', 49, 'delete_approvalrequest');
INSERT INTO public.auth_permission VALUES (196, 'Can view approval request', 49, 'view_approvalrequest');
INSERT INTO public.auth_permission VALUES (197, 'Can add inbox item', 50, 'add_inboxitem');
INSERT INTO public.auth_permission VALUES (198, 'Can change inbox item', 50, 'change_inboxitem');
INSERT INTO public.auth_permission VALUES (199, 'Can delete inbox item', 50, 'delete_inboxitem');
INSERT INTO public.auth_permission VALUES (200, 'Can view inbox item', 50, 'view_inboxitem');
INSERT INTO public.auth_permission VALUES (201, 'Can add queued turn', 51, 'add_queuedturn');
INSERT INTO public.auth_permission VALUES (202, 'Can change queued turn', 51, 'change_queuedturn');
INSERT INTO public.auth_permission VALUES (203, 'Can delete queued turn', 51, 'delete_queuedturn');
INSERT INTO public.auth_permission VALUES (204, 'Can view queued turn', 51, 'view_queuedturn');


INSERT INTO public.django_content_type VALUES (1, 'admin', 'logentry');
INSERT INTO public.django_content_type VALUES (2, 'auth', 'permission');
INSERT INTO public.django_content_type VALUES (3, 'auth', 'group');
INSERT INTO public.django_content_type VALUES (4, 'contenttypes', 'contenttype');
INSERT INTO public.django_content_type VALUES (5, 'sessions', 'session');
INSERT INTO public.django_content_type VALUES (6, 'account', 'emailaddress');
INSERT INTO public.django_content_type VALUES (7, 'account', 'emailconfirmation');
INSERT INTO public.django_content_type VALUES (8, 'socialaccount', 'socialaccount');
INSERT INTO public.django_content_type VALUES (9, 'socialaccount', 'socialapp');
INSERT INTO public.django_content_type VALUES (10, 'socialaccount', 'socialtoken');
INSERT INTO public.django_content_type VALUES (11, 'mfa', 'authenticator');
INSERT INTO public.django_content_type VALUES (12, 'usersessions', 'usersession');
INSERT INTO public.django_content_type VALUES (13, 'accounts', 'user');
INSERT INTO public.django_content_type VALUES (14, 'accounts', 'role');
INSERT INTO public.django_content_type VALUES (15, 'accounts', 'refreshsession');
INSERT INTO public.django_content_type VALUES (16, 'accounts', 'group');
INSERT INTO public.django_content_type VALUES (17, 'accounts', 'auditentry');
INSERT INTO public.django_content_type VALUES (18, 'accounts', 'membership');
INSERT INTO public.django_content_type VALUES (19, 'accounts', 'modelaccess');
INSERT INTO public.django_content_type VALUES (20, 'accounts', 'grant');
INSERT INTO public.django_content_type VALUES (21, 'accounts', 'capabilitygrant');
INSERT INTO public.django_content_type VALUES (22, 'accounts', 'ban');
INSERT INTO public.django_content_type VALUES (23, 'accounts', 'mailedtoken');
INSERT INTO public.django_content_type VALUES (24, 'accounts', 'invitation');
INSERT INTO public.django_content_type VALUES (25, 'accounts', 'apikey');
INSERT INTO public.django_content_type VALUES (26, 'accounts', 'banner');
INSERT INTO public.django_content_type VALUES (27, 'accounts', 'sitesettings');
INSERT INTO public.django_content_type VALUES (28, 'billing', 'balance');
INSERT INTO public.django_content_type VALUES (29, 'billing', 'hold');
INSERT INTO public.django_content_type VALUES (30, 'billing', 'ledgerentry');
INSERT INTO public.django_content_type VALUES (31, 'billing', 'reconciliation');
INSERT INTO public.django_content_type VALUES (32, 'billing', 'budget');
INSERT INTO public.django_content_type VALUES (33, 'billing', 'budgetusage');
INSERT INTO public.django_content_type VALUES (34, 'billing', 'holdshare');
INSERT INTO public.django_content_type VALUES (35, 'billing', 'price');
INSERT INTO public.django_content_type VALUES (36, 'billing', 'moneysettings');
INSERT INTO public.django_content_type VALUES (37, 'endpoints', 'operatorendpoint');
INSERT INTO public.django_content_type VALUES (38, 'endpoints', 'userkey');
INSERT INTO public.django_content_type VALUES (39, 'chat', 'conversation');
INSERT INTO public.django_content_type VALUES (40, 'chat', 'message');
INSERT INTO public.django_content_type VALUES (41, 'chat', 'favourite');
INSERT INTO public.django_content_type VALUES (42, 'chat', 'project');
INSERT INTO public.django_content_type VALUES (43, 'chat', 'searchentry');
INSERT INTO public.django_content_type VALUES (44, 'chat', 'run');
INSERT INTO public.django_content_type VALUES (45, 'chat', 'conversationbookmark');
INSERT INTO public.django_content_type VALUES (46, 'chat', 'bookmark');
INSERT INTO public.django_content_type VALUES (47, 'chat', 'toolresult');
INSERT INTO public.django_content_type VALUES (48, 'chat', 'step');
INSERT INTO public.django_content_type VALUES (49, 'chat', 'approvalrequest');
INSERT INTO public.django_content_type VALUES (50, 'chat', 'inboxitem');
INSERT INTO public.django_content_type VALUES (51, 'chat', 'queuedturn');


INSERT INTO public.django_migrations VALUES (1, 'accounts', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (2, 'account', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (3, 'account', '0002_email_max_length', now());
INSERT INTO public.django_migrations VALUES (4, 'account', '0003_alter_emailaddress_create_unique_verified_email', now());
INSERT INTO public.django_migrations VALUES (5, 'account', '0004_alter_emailaddress_drop_unique_email', now());
INSERT INTO public.django_migrations VALUES (6, 'account', '0005_emailaddress_idx_upper_email', now());
INSERT INTO public.django_migrations VALUES (7, 'account', '0006_emailaddress_lower', now());
INSERT INTO public.django_migrations VALUES (8, 'account', '0007_emailaddress_idx_email', now());
INSERT INTO public.django_migrations VALUES (9, 'account', '0008_emailaddress_unique_primary_email_fixup', now());
INSERT INTO public.django_migrations VALUES (10, 'account', '0009_emailaddress_unique_primary_email', now());
INSERT INTO public.django_migrations VALUES (11, 'accounts', '0002_roles', now());
INSERT INTO public.django_migrations VALUES (12, 'accounts', '0003_refreshsession_rotated_at', now());
INSERT INTO public.django_migrations VALUES (13, 'accounts', '0004_preferences', now());
INSERT INTO public.django_migrations VALUES (14, 'accounts', '0005_access', now());
INSERT INTO public.django_migrations VALUES (15, 'accounts', '0006_audit_is_append_only', now());
INSERT INTO public.django_migrations VALUES (16, 'accounts', '0007_bans', now());
INSERT INTO public.django_migrations VALUES (17, 'accounts', '0008_sign_in', now());
INSERT INTO public.django_migrations VALUES (18, 'accounts', '0009_session_devices', now());
INSERT INTO public.django_migrations VALUES (19, 'accounts', '0010_invitations', now());
INSERT INTO public.django_migrations VALUES (20, 'accounts', '0011_api_keys', now());
INSERT INTO public.django_migrations VALUES (21, 'accounts', '0012_banners', now());
INSERT INTO public.django_migrations VALUES (22, 'accounts', '0013_site_settings', now());
INSERT INTO public.django_migrations VALUES (23, 'accounts', '0014_visible_names', now());
INSERT INTO public.django_migrations VALUES (24, 'accounts', '0015_database_defaults', now());
INSERT INTO public.django_migrations VALUES (25, 'accounts', '0016_shown_by_clients', now());
INSERT INTO public.django_migrations VALUES (26, 'accounts', '0017_plain_words', now());
INSERT INTO public.django_migrations VALUES (27, 'accounts', '0018_plain_english', now());
INSERT INTO public.django_migrations VALUES (28, 'accounts', '0019_joined_groups', now());
INSERT INTO public.django_migrations VALUES (29, 'contenttypes', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (30, 'admin', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (31, 'admin', '0002_logentry_remove_auto_add', now());
INSERT INTO public.django_migrations VALUES (32, 'admin', '0003_logentry_add_action_flag_choices', now());
INSERT INTO public.django_migrations VALUES (33, 'contenttypes', '0002_remove_content_type_name', now());
INSERT INTO public.django_migrations VALUES (34, 'auth', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (35, 'auth', '0002_alter_permission_name_max_length', now());
INSERT INTO public.django_migrations VALUES (36, 'auth', '0003_alter_user_email_max_length', now());
INSERT INTO public.django_migrations VALUES (37, 'auth', '0004_alter_user_username_opts', now());
INSERT INTO public.django_migrations VALUES (38, 'auth', '0005_alter_user_last_login_null', now());
INSERT INTO public.django_migrations VALUES (39, 'auth', '0006_require_contenttypes_0002', now());
INSERT INTO public.django_migrations VALUES (40, 'auth', '0007_alter_validators_add_error_messages', now());
INSERT INTO public.django_migrations VALUES (41, 'auth', '0008_alter_user_username_max_length', now());
INSERT INTO public.django_migrations VALUES (42, 'auth', '0009_alter_user_last_name_max_length', now());
INSERT INTO public.django_migrations VALUES (43, 'auth', '0010_alter_group_name_max_length', now());
INSERT INTO public.django_migrations VALUES (44, 'auth', '0011_update_proxy_permissions', now());
INSERT INTO public.django_migrations VALUES (45, 'auth', '0012_alter_user_first_name_max_length', now());
INSERT INTO public.django_migrations VALUES (46, 'billing', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (47, 'billing', '0002_ledger_is_append_only', now());
INSERT INTO public.django_migrations VALUES (48, 'billing', '0003_budgets', now());
INSERT INTO public.django_migrations VALUES (49, 'billing', '0004_ledger_by_day', now());
INSERT INTO public.django_migrations VALUES (50, 'billing', '0005_key_budgets', now());
INSERT INTO public.django_migrations VALUES (51, 'billing', '0006_money_settings', now());
INSERT INTO public.django_migrations VALUES (52, 'billing', '0007_balance_awaits_start', now());
INSERT INTO public.django_migrations VALUES (53, 'billing', '0008_database_defaults', now());
INSERT INTO public.django_migrations VALUES (54, 'billing', '0009_reply_tokens_of_a_hold', now());
INSERT INTO public.django_migrations VALUES (55, 'billing', '0010_plain_words', now());
INSERT INTO public.django_migrations VALUES (56, 'billing', '0011_plain_english', now());
INSERT INTO public.django_migrations VALUES (57, 'billing', '0012_hour_long_cache_writes', now());
INSERT INTO public.django_migrations VALUES (58, 'billing', '0013_calls_of_a_hold', now());
INSERT INTO public.django_migrations VALUES (59, 'billing', '0014_prices_of_units', now());
INSERT INTO public.django_migrations VALUES (60, 'chat', '0001_extensions', now());
INSERT INTO public.django_migrations VALUES (61, 'chat', '0002_initial', now());
INSERT INTO public.django_migrations VALUES (62, 'chat', '0003_organisation', now());
INSERT INTO public.django_migrations VALUES (63, 'chat', '0004_search', now());
INSERT INTO public.django_migrations VALUES (64, 'chat', '0005_search_earlier', now());
INSERT INTO public.django_migrations VALUES (65, 'chat', '0006_project_grants', now());
INSERT INTO public.django_migrations VALUES (66, 'chat', '0007_generation_by_day', now());
INSERT INTO public.django_migrations VALUES (67, 'chat', '0008_left_out', now());
INSERT INTO public.django_migrations VALUES (68, 'chat', '0009_spec', now());
INSERT INTO public.django_migrations VALUES (69, 'chat', '0010_search_folding', now());
INSERT INTO public.django_migrations VALUES (70, 'chat', '0011_database_defaults', now());
INSERT INTO public.django_migrations VALUES (71, 'chat', '0012_shown_by_clients', now());
INSERT INTO public.django_migrations VALUES (72, 'chat', '0013_deleted_messages', now());
INSERT INTO public.django_migrations VALUES (73, 'chat', '0014_search_of_copies', now());
INSERT INTO public.django_migrations VALUES (74, 'chat', '0015_run', now());
INSERT INTO public.django_migrations VALUES (75, 'chat', '0016_bookmark', now());
INSERT INTO public.django_migrations VALUES (76, 'chat', '0017_tool_result', now());
INSERT INTO public.django_migrations VALUES (77, 'chat', '0018_waiting_runs', now());
INSERT INTO public.django_migrations VALUES (78, 'chat', '0019_waiting_runs_indexes', now());
INSERT INTO public.django_migrations VALUES (79, 'chat', '0020_beyond_text', now());
INSERT INTO public.django_migrations VALUES (80, 'chat', '0021_queued_turns', now());
INSERT INTO public.django_migrations VALUES (81, 'chat', '0022_runs_that_are_followed', now());
INSERT INTO public.django_migrations VALUES (82, 'endpoints', '0001_keys', now());
INSERT INTO public.django_migrations VALUES (83, 'endpoints', '0002_key_places', now());
INSERT INTO public.django_migrations VALUES (84, 'endpoints', '0003_plain_english', now());
INSERT INTO public.django_migrations VALUES (85, 'mfa', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (86, 'mfa', '0002_authenticator_timestamps', now());
INSERT INTO public.django_migrations VALUES (87, 'mfa', '0003_authenticator_type_uniq', now());
INSERT INTO public.django_migrations VALUES (88, 'sessions', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (89, 'socialaccount', '0001_initial', now());
INSERT INTO public.django_migrations VALUES (90, 'socialaccount', '0002_token_max_lengths', now());
INSERT INTO public.django_migrations VALUES (91, 'socialaccount', '0003_extra_data_default_dict', now());
INSERT INTO public.django_migrations VALUES (92, 'socialaccount', '0004_app_provider_id_settings', now());
INSERT INTO public.django_migrations VALUES (93, 'socialaccount', '0005_socialtoken_nullable_app', now());
INSERT INTO public.django_migrations VALUES (94, 'socialaccount', '0006_alter_socialaccount_extra_data', now());
INSERT INTO public.django_migrations VALUES (95, 'usersessions', '0001_initial', now());


SELECT pg_catalog.setval('public.account_emailaddress_id_seq', 1, false);


SELECT pg_catalog.setval('public.account_emailconfirmation_id_seq', 1, false);


SELECT pg_catalog.setval('public.accounts_mailedtoken_id_seq', 1, false);


SELECT pg_catalog.setval('public.accounts_membership_id_seq', 1, false);


SELECT pg_catalog.setval('public.accounts_modelaccess_id_seq', 1, false);


SELECT pg_catalog.setval('public.auth_group_id_seq', 1, false);


SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);


SELECT pg_catalog.setval('public.auth_permission_id_seq', 204, true);


SELECT pg_catalog.setval('public.billing_budgetusage_id_seq', 1, false);


SELECT pg_catalog.setval('public.billing_holdshare_id_seq', 1, false);


SELECT pg_catalog.setval('public.billing_price_id_seq', 1, false);


SELECT pg_catalog.setval('public.billing_reconciliation_id_seq', 1, false);


SELECT pg_catalog.setval('public.chat_conversation_tags_id_seq', 1, false);


SELECT pg_catalog.setval('public.chat_step_id_seq', 1, false);


SELECT pg_catalog.setval('public.django_admin_log_id_seq', 1, false);


SELECT pg_catalog.setval('public.django_content_type_id_seq', 51, true);


SELECT pg_catalog.setval('public.django_migrations_id_seq', 95, true);


SELECT pg_catalog.setval('public.mfa_authenticator_id_seq', 1, false);


SELECT pg_catalog.setval('public.socialaccount_socialaccount_id_seq', 1, false);


SELECT pg_catalog.setval('public.socialaccount_socialapp_id_seq', 1, false);


SELECT pg_catalog.setval('public.socialaccount_socialtoken_id_seq', 1, false);


SELECT pg_catalog.setval('public.usersessions_usersession_id_seq', 1, false);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_key_hash_key UNIQUE (key_hash);


ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_pkey PRIMARY KEY (seq);


ALTER TABLE ONLY public.accounts_ban
    ADD CONSTRAINT accounts_ban_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_banner
    ADD CONSTRAINT accounts_banner_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT accounts_capabilitygrant_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT accounts_grant_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_group
    ADD CONSTRAINT accounts_group_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_token_hash_key UNIQUE (token_hash);


ALTER TABLE ONLY public.accounts_mailedtoken
    ADD CONSTRAINT accounts_mailedtoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_mailedtoken
    ADD CONSTRAINT accounts_mailedtoken_token_hash_key UNIQUE (token_hash);


ALTER TABLE ONLY public.accounts_membership
    ADD CONSTRAINT accounts_membership_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_modelaccess
    ADD CONSTRAINT accounts_modelaccess_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_refreshsession
    ADD CONSTRAINT accounts_refreshsession_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_refreshsession
    ADD CONSTRAINT accounts_refreshsession_token_hash_key UNIQUE (token_hash);


ALTER TABLE ONLY public.accounts_role
    ADD CONSTRAINT accounts_role_pkey PRIMARY KEY (name);


ALTER TABLE ONLY public.accounts_sitesettings
    ADD CONSTRAINT accounts_sitesettings_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_email_key UNIQUE (email);


ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_balance
    ADD CONSTRAINT billing_balance_pkey PRIMARY KEY (user_id);


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_budgetusage
    ADD CONSTRAINT billing_budgetusage_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_hold
    ADD CONSTRAINT billing_hold_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_holdshare
    ADD CONSTRAINT billing_holdshare_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_key_key UNIQUE (key);


ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_moneysettings
    ADD CONSTRAINT billing_moneysettings_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_price
    ADD CONSTRAINT billing_price_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_reconciliation
    ADD CONSTRAINT billing_reconciliation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.billing_budgetusage
    ADD CONSTRAINT budget_usage_once UNIQUE (budget_id, subject, period_start);


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT capability_once UNIQUE NULLS NOT DISTINCT (capability, principal, user_id, group_id, role_id);


ALTER TABLE ONLY public.chat_approval
    ADD CONSTRAINT chat_approval_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_conversation
    ADD CONSTRAINT chat_conversation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_conversation_tags
    ADD CONSTRAINT chat_conversation_tags_conversation_id_tag_id_c04185d2_uniq UNIQUE (conversation_id, tag_id);


ALTER TABLE ONLY public.chat_conversation_tags
    ADD CONSTRAINT chat_conversation_tags_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_favourite
    ADD CONSTRAINT chat_favourite_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_generation
    ADD CONSTRAINT chat_generation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_inboxitem
    ADD CONSTRAINT chat_inboxitem_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_message
    ADD CONSTRAINT chat_message_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_project
    ADD CONSTRAINT chat_project_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_queuedturn
    ADD CONSTRAINT chat_queuedturn_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_searchentry
    ADD CONSTRAINT chat_searchentry_pkey PRIMARY KEY (message_id);


ALTER TABLE ONLY public.chat_step
    ADD CONSTRAINT chat_step_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_tag
    ADD CONSTRAINT chat_tag_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.chat_toolresult
    ADD CONSTRAINT chat_toolresult_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);


ALTER TABLE ONLY public.endpoints_operatorendpoint
    ADD CONSTRAINT endpoints_operatorendpoint_name_key UNIQUE (name);


ALTER TABLE ONLY public.endpoints_operatorendpoint
    ADD CONSTRAINT endpoints_operatorendpoint_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.endpoints_userkey
    ADD CONSTRAINT endpoints_userkey_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT grant_once UNIQUE NULLS NOT DISTINCT (resource_type, resource_id, principal, user_id, group_id, role_id);


ALTER TABLE ONLY public.billing_holdshare
    ADD CONSTRAINT hold_share_once UNIQUE (hold_id, usage_id);


ALTER TABLE ONLY public.accounts_membership
    ADD CONSTRAINT membership_once UNIQUE (group_id, user_id);


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.accounts_modelaccess
    ADD CONSTRAINT model_access_once UNIQUE (role_id, endpoint, model);


ALTER TABLE ONLY public.endpoints_userkey
    ADD CONSTRAINT one_key_per_endpoint UNIQUE (user_id, endpoint);


ALTER TABLE ONLY public.billing_price
    ADD CONSTRAINT price_once UNIQUE (endpoint, model);


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_provider_uid_fc810c6e_uniq UNIQUE (provider, uid);


ALTER TABLE ONLY public.socialaccount_socialapp
    ADD CONSTRAINT socialaccount_socialapp_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq UNIQUE (app_id, account_id);


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);


CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);


CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);


CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);


CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);


CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);


CREATE INDEX accounts_apikey_key_hash_da55e15b_like ON public.accounts_apikey USING btree (key_hash varchar_pattern_ops);


CREATE INDEX accounts_apikey_user_id_bd902026 ON public.accounts_apikey USING btree (user_id);


CREATE INDEX accounts_ban_created_by_id_96d463ff ON public.accounts_ban USING btree (created_by_id);


CREATE INDEX accounts_ban_until_543f8863 ON public.accounts_ban USING btree (until);


CREATE INDEX accounts_ban_user_id_09a8d5dd ON public.accounts_ban USING btree (user_id);


CREATE INDEX accounts_capabilitygrant_granted_by_id_9004834e ON public.accounts_capabilitygrant USING btree (granted_by_id);


CREATE INDEX accounts_capabilitygrant_group_id_3cf06e80 ON public.accounts_capabilitygrant USING btree (group_id);


CREATE INDEX accounts_capabilitygrant_role_id_af555054 ON public.accounts_capabilitygrant USING btree (role_id);


CREATE INDEX accounts_capabilitygrant_role_id_af555054_like ON public.accounts_capabilitygrant USING btree (role_id varchar_pattern_ops);


CREATE INDEX accounts_capabilitygrant_user_id_349f40d8 ON public.accounts_capabilitygrant USING btree (user_id);


CREATE INDEX accounts_grant_granted_by_id_979ceab8 ON public.accounts_grant USING btree (granted_by_id);


CREATE INDEX accounts_grant_group_id_42146bfe ON public.accounts_grant USING btree (group_id);


CREATE INDEX accounts_grant_role_id_1b3c677a ON public.accounts_grant USING btree (role_id);


CREATE INDEX accounts_grant_role_id_1b3c677a_like ON public.accounts_grant USING btree (role_id varchar_pattern_ops);


CREATE INDEX accounts_grant_user_id_7b34be41 ON public.accounts_grant USING btree (user_id);


CREATE INDEX accounts_invitation_email_36dc8f22 ON public.accounts_invitation USING btree (email);


CREATE INDEX accounts_invitation_email_36dc8f22_like ON public.accounts_invitation USING btree (email varchar_pattern_ops);


CREATE INDEX accounts_invitation_invited_by_id_94a21efc ON public.accounts_invitation USING btree (invited_by_id);


CREATE INDEX accounts_invitation_role_id_6e595326 ON public.accounts_invitation USING btree (role_id);


CREATE INDEX accounts_invitation_role_id_6e595326_like ON public.accounts_invitation USING btree (role_id varchar_pattern_ops);


CREATE INDEX accounts_invitation_token_hash_3d59d75c_like ON public.accounts_invitation USING btree (token_hash varchar_pattern_ops);


CREATE INDEX accounts_mailedtoken_expires_at_6500b676 ON public.accounts_mailedtoken USING btree (expires_at);


CREATE INDEX accounts_mailedtoken_token_hash_c7881107_like ON public.accounts_mailedtoken USING btree (token_hash varchar_pattern_ops);


CREATE INDEX accounts_mailedtoken_user_id_da06f1f5 ON public.accounts_mailedtoken USING btree (user_id);


CREATE INDEX accounts_membership_group_id_ae835a10 ON public.accounts_membership USING btree (group_id);


CREATE INDEX accounts_membership_user_id_487fb39e ON public.accounts_membership USING btree (user_id);


CREATE INDEX accounts_modelaccess_role_id_d9183967 ON public.accounts_modelaccess USING btree (role_id);


CREATE INDEX accounts_modelaccess_role_id_d9183967_like ON public.accounts_modelaccess USING btree (role_id varchar_pattern_ops);


CREATE INDEX accounts_refreshsession_expires_at_502759a2 ON public.accounts_refreshsession USING btree (expires_at);


CREATE INDEX accounts_refreshsession_token_hash_dcc5c7a7_like ON public.accounts_refreshsession USING btree (token_hash varchar_pattern_ops);


CREATE INDEX accounts_refreshsession_user_id_a6d046da ON public.accounts_refreshsession USING btree (user_id);


CREATE INDEX accounts_role_name_2b60d248_like ON public.accounts_role USING btree (name varchar_pattern_ops);


CREATE INDEX accounts_user_email_b2644a56_like ON public.accounts_user USING btree (email varchar_pattern_ops);


CREATE INDEX accounts_user_role_id_a6dd19b0 ON public.accounts_user USING btree (role_id);


CREATE INDEX accounts_user_role_id_a6dd19b0_like ON public.accounts_user USING btree (role_id varchar_pattern_ops);


CREATE UNIQUE INDEX approval_once_per_call ON public.chat_approval USING btree (run_id, call_id, kind);


CREATE INDEX approval_pending ON public.chat_approval USING btree (run_id) WHERE ((state)::text = 'pending'::text);


CREATE INDEX audit_action ON public.accounts_auditentry USING btree (action, seq DESC);


CREATE INDEX audit_target ON public.accounts_auditentry USING btree (target_type, target_id);


CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);


CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);


CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);


CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);


CREATE INDEX billing_budget_api_key_id_2f9a362e ON public.billing_budget USING btree (api_key_id);


CREATE INDEX billing_budget_created_by_id_d00a81a1 ON public.billing_budget USING btree (created_by_id);


CREATE INDEX billing_budget_group_id_e4c239f1 ON public.billing_budget USING btree (group_id);


CREATE INDEX billing_budget_role_id_56f772b8 ON public.billing_budget USING btree (role_id);


CREATE INDEX billing_budget_role_id_56f772b8_like ON public.billing_budget USING btree (role_id varchar_pattern_ops);


CREATE INDEX billing_budget_user_id_a2fd1640 ON public.billing_budget USING btree (user_id);


CREATE INDEX billing_budgetusage_budget_id_1b81e32f ON public.billing_budgetusage USING btree (budget_id);


CREATE INDEX billing_hold_user_id_57d718ff ON public.billing_hold USING btree (user_id);


CREATE INDEX billing_holdshare_hold_id_3a815b6d ON public.billing_holdshare USING btree (hold_id);


CREATE INDEX billing_holdshare_usage_id_146ec1b1 ON public.billing_holdshare USING btree (usage_id);


CREATE INDEX billing_ledgerentry_key_81c09965_like ON public.billing_ledgerentry USING btree (key varchar_pattern_ops);


CREATE INDEX billing_ledgerentry_user_id_b10feb9b ON public.billing_ledgerentry USING btree (user_id);


CREATE INDEX chat_approval_answered_by_id_3c8f5d17 ON public.chat_approval USING btree (answered_by_id);


CREATE INDEX chat_conversation_chosen_root_id_49c316bd ON public.chat_conversation USING btree (chosen_root_id);


CREATE INDEX chat_conversation_deleted_at_f772e578 ON public.chat_conversation USING btree (deleted_at);


CREATE INDEX chat_conversation_owner_id_0460d4a2 ON public.chat_conversation USING btree (owner_id);


CREATE INDEX chat_conversation_project_id_2c2251bb ON public.chat_conversation USING btree (project_id);


CREATE INDEX chat_conversation_tags_conversation_id_3634cf1b ON public.chat_conversation_tags USING btree (conversation_id);


CREATE INDEX chat_conversation_tags_tag_id_7481af65 ON public.chat_conversation_tags USING btree (tag_id);


CREATE INDEX chat_favourite_owner_id_425310d0 ON public.chat_favourite USING btree (owner_id);


CREATE INDEX chat_generation_conversation_id_e5f45878 ON public.chat_generation USING btree (conversation_id);


CREATE INDEX chat_generation_message_id_24098057 ON public.chat_generation USING btree (message_id);


CREATE INDEX chat_generation_owner_id_963f4998 ON public.chat_generation USING btree (owner_id);


CREATE INDEX chat_inboxitem_run_id_85af745b ON public.chat_inboxitem USING btree (run_id);


CREATE INDEX chat_message_chosen_child_id_e98a0f97 ON public.chat_message USING btree (chosen_child_id);


CREATE INDEX chat_message_conversation_id_a1207bf4 ON public.chat_message USING btree (conversation_id);


CREATE INDEX chat_message_parent_id_d93c704f ON public.chat_message USING btree (parent_id);


CREATE INDEX chat_project_owner_id_50651e31 ON public.chat_project USING btree (owner_id);


CREATE INDEX chat_queuedturn_conversation_id_8ddd7c31 ON public.chat_queuedturn USING btree (conversation_id);


CREATE INDEX chat_tag_owner_id_0ea117f5 ON public.chat_tag USING btree (owner_id);


CREATE INDEX chat_toolresult_message_id_e54ad777 ON public.chat_toolresult USING btree (message_id);


CREATE INDEX conversation_folded ON public.chat_conversation USING gin (public.chat_fold((title)::text) public.gin_trgm_ops);


CREATE INDEX conversation_pinned ON public.chat_conversation USING btree (owner_id, pin_position) WHERE (pin_position IS NOT NULL);


CREATE INDEX conversation_recent ON public.chat_conversation USING btree (owner_id, updated_at DESC, id DESC);


CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);


CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);


CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);


CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);


CREATE INDEX endpoints_operatorendpoint_name_f0fe095d_like ON public.endpoints_operatorendpoint USING btree (name varchar_pattern_ops);


CREATE INDEX endpoints_userkey_user_id_134f88f1 ON public.endpoints_userkey USING btree (user_id);


CREATE UNIQUE INDEX favourite_once ON public.chat_favourite USING btree (owner_id, endpoint, model, spec);


CREATE INDEX generation_by_day ON public.chat_generation USING brin (created_at);


CREATE INDEX generation_conversation ON public.chat_generation USING btree (conversation_id, created_at);


CREATE INDEX generation_open ON public.chat_generation USING btree (lease_expires_at) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));


CREATE INDEX generation_open_owner ON public.chat_generation USING btree (owner_id) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));


CREATE UNIQUE INDEX generation_request_once ON public.chat_generation USING btree (owner_id, client_request_id) WHERE (client_request_id IS NOT NULL);


CREATE UNIQUE INDEX group_external_once ON public.accounts_group USING btree (source, external_id) WHERE (NOT ((external_id)::text = ''::text));


CREATE INDEX hold_open ON public.billing_hold USING btree (user_id) WHERE ((state)::text = 'open'::text);


CREATE INDEX inbox_waiting ON public.chat_inboxitem USING btree (run_id, created_at) WHERE (taken_at IS NULL);


CREATE INDEX ledger_by_day ON public.billing_ledgerentry USING brin (created_at);


CREATE INDEX ledger_user_recent ON public.billing_ledgerentry USING btree (user_id, created_at DESC);


CREATE INDEX message_siblings ON public.chat_message USING btree (conversation_id, parent_id, created_at);


CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);


CREATE UNIQUE INDEX queued_turn_once ON public.chat_queuedturn USING btree (conversation_id, client_request_id) WHERE (NOT ((client_request_id)::text = ''::text));


CREATE INDEX queued_turn_waiting ON public.chat_queuedturn USING btree (conversation_id, created_at) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'refused'::character varying])::text[]));


CREATE INDEX run_followed ON public.chat_generation USING btree (finished_at) WHERE (has_queue AND ((state)::text = 'done'::text));


CREATE UNIQUE INDEX run_one_open_per_message ON public.chat_generation USING btree (message_id) WHERE ((parent_id IS NULL) AND ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying, 'waiting'::character varying])::text[])));


CREATE INDEX run_parent ON public.chat_generation USING btree (parent_id) WHERE (parent_id IS NOT NULL);


CREATE INDEX run_waiting ON public.chat_generation USING btree (owner_id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX search_newest ON public.chat_searchentry USING btree (owner_id, created_at DESC, message_id DESC);


CREATE INDEX search_outdated ON public.chat_searchentry USING btree (created_at DESC) WHERE (version = 0);


CREATE INDEX search_words ON public.chat_searchentry USING gin (vector) WITH (gin_pending_list_limit='256');


CREATE INDEX socialaccount_socialaccount_user_id_8146e70c ON public.socialaccount_socialaccount USING btree (user_id);


CREATE INDEX socialaccount_socialtoken_account_id_951f210e ON public.socialaccount_socialtoken USING btree (account_id);


CREATE INDEX socialaccount_socialtoken_app_id_636a42d7 ON public.socialaccount_socialtoken USING btree (app_id);


CREATE UNIQUE INDEX step_once ON public.chat_step USING btree (run_id, n, kind);


CREATE UNIQUE INDEX tag_name_once ON public.chat_tag USING btree (owner_id, name);


CREATE INDEX toolresult_key ON public.chat_toolresult USING btree (key);


CREATE UNIQUE INDEX toolresult_once ON public.chat_toolresult USING btree (message_id, key);


CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY ((ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]));


CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";


CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;


CREATE UNIQUE INDEX user_email_once ON public.accounts_user USING btree (lower((email)::text));


CREATE UNIQUE INDEX user_username_once ON public.accounts_user USING btree (lower((username)::text)) WHERE (NOT ((username)::text = ''::text));


CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);


CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);


CREATE TRIGGER accounts_audit_is_append_only BEFORE DELETE OR UPDATE ON public.accounts_auditentry FOR EACH ROW EXECUTE FUNCTION public.accounts_audit_is_append_only();


CREATE TRIGGER billing_ledger_is_append_only BEFORE DELETE OR UPDATE ON public.billing_ledgerentry FOR EACH ROW EXECUTE FUNCTION public.billing_ledger_is_append_only();


CREATE TRIGGER chat_message_changed AFTER UPDATE OF text, state ON public.chat_message FOR EACH ROW WHEN ((((new.state)::text <> 'streaming'::text) AND ((old.text IS DISTINCT FROM new.text) OR ((old.state)::text = 'streaming'::text)))) EXECUTE FUNCTION public.chat_keep_search();


CREATE TRIGGER chat_message_said AFTER INSERT ON public.chat_message FOR EACH ROW WHEN (((new.state)::text <> 'streaming'::text)) EXECUTE FUNCTION public.chat_keep_search();


CREATE TRIGGER chat_project_grants AFTER DELETE ON public.chat_project FOR EACH ROW EXECUTE FUNCTION public.chat_forget_project_grants();


CREATE TRIGGER message_beyond_text BEFORE INSERT OR UPDATE OF parts, state ON public.chat_message FOR EACH ROW WHEN ((((new.author)::text = 'assistant'::text) AND ((new.state)::text <> 'streaming'::text))) EXECUTE FUNCTION public.message_beyond_text();


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_user_id_bd902026_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_ban
    ADD CONSTRAINT accounts_ban_created_by_id_96d463ff_fk_accounts_user_id FOREIGN KEY (created_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_ban
    ADD CONSTRAINT accounts_ban_user_id_09a8d5dd_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT accounts_capabilityg_granted_by_id_9004834e_fk_accounts_ FOREIGN KEY (granted_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT accounts_capabilitygrant_group_id_3cf06e80_fk_accounts_group_id FOREIGN KEY (group_id) REFERENCES public.accounts_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT accounts_capabilitygrant_role_id_af555054_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_capabilitygrant
    ADD CONSTRAINT accounts_capabilitygrant_user_id_349f40d8_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT accounts_grant_granted_by_id_979ceab8_fk_accounts_user_id FOREIGN KEY (granted_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT accounts_grant_group_id_42146bfe_fk_accounts_group_id FOREIGN KEY (group_id) REFERENCES public.accounts_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT accounts_grant_role_id_1b3c677a_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_grant
    ADD CONSTRAINT accounts_grant_user_id_7b34be41_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_invited_by_id_94a21efc_fk_accounts_user_id FOREIGN KEY (invited_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_role_id_6e595326_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_mailedtoken
    ADD CONSTRAINT accounts_mailedtoken_user_id_da06f1f5_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_membership
    ADD CONSTRAINT accounts_membership_group_id_ae835a10_fk_accounts_group_id FOREIGN KEY (group_id) REFERENCES public.accounts_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_membership
    ADD CONSTRAINT accounts_membership_user_id_487fb39e_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_modelaccess
    ADD CONSTRAINT accounts_modelaccess_role_id_d9183967_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_refreshsession
    ADD CONSTRAINT accounts_refreshsession_user_id_a6d046da_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_role_id_a6dd19b0_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_balance
    ADD CONSTRAINT billing_balance_user_id_c6675b6a_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_api_key_id_2f9a362e_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES public.accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_created_by_id_d00a81a1_fk_accounts_user_id FOREIGN KEY (created_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_group_id_e4c239f1_fk_accounts_group_id FOREIGN KEY (group_id) REFERENCES public.accounts_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_role_id_56f772b8_fk_accounts_role_name FOREIGN KEY (role_id) REFERENCES public.accounts_role(name) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budget
    ADD CONSTRAINT billing_budget_user_id_a2fd1640_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_budgetusage
    ADD CONSTRAINT billing_budgetusage_budget_id_1b81e32f_fk_billing_budget_id FOREIGN KEY (budget_id) REFERENCES public.billing_budget(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_hold
    ADD CONSTRAINT billing_hold_user_id_57d718ff_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_holdshare
    ADD CONSTRAINT billing_holdshare_hold_id_3a815b6d_fk_billing_hold_id FOREIGN KEY (hold_id) REFERENCES public.billing_hold(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.billing_holdshare
    ADD CONSTRAINT billing_holdshare_usage_id_146ec1b1_fk_billing_budgetusage_id FOREIGN KEY (usage_id) REFERENCES public.billing_budgetusage(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_approval
    ADD CONSTRAINT chat_approval_answered_by_id_3c8f5d17_fk_accounts_user_id FOREIGN KEY (answered_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_approval
    ADD CONSTRAINT chat_approval_run_id_of_run FOREIGN KEY (run_id) REFERENCES public.chat_generation(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;


ALTER TABLE ONLY public.chat_conversation
    ADD CONSTRAINT chat_conversation_chosen_root_id_49c316bd_fk_chat_message_id FOREIGN KEY (chosen_root_id) REFERENCES public.chat_message(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_conversation
    ADD CONSTRAINT chat_conversation_owner_id_0460d4a2_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_conversation
    ADD CONSTRAINT chat_conversation_project_id_2c2251bb_fk_chat_project_id FOREIGN KEY (project_id) REFERENCES public.chat_project(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_conversation_tags
    ADD CONSTRAINT chat_conversation_ta_conversation_id_3634cf1b_fk_chat_conv FOREIGN KEY (conversation_id) REFERENCES public.chat_conversation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_conversation_tags
    ADD CONSTRAINT chat_conversation_tags_tag_id_7481af65_fk_chat_tag_id FOREIGN KEY (tag_id) REFERENCES public.chat_tag(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_favourite
    ADD CONSTRAINT chat_favourite_owner_id_425310d0_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_generation
    ADD CONSTRAINT chat_generation_conversation_id_e5f45878_fk_chat_conv FOREIGN KEY (conversation_id) REFERENCES public.chat_conversation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_generation
    ADD CONSTRAINT chat_generation_message_id_24098057_fk_chat_message_id FOREIGN KEY (message_id) REFERENCES public.chat_message(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_generation
    ADD CONSTRAINT chat_generation_owner_id_963f4998_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_generation
    ADD CONSTRAINT chat_generation_parent_id_of_run FOREIGN KEY (parent_id) REFERENCES public.chat_generation(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;


ALTER TABLE ONLY public.chat_inboxitem
    ADD CONSTRAINT chat_inboxitem_run_id_of_run FOREIGN KEY (run_id) REFERENCES public.chat_generation(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;


ALTER TABLE ONLY public.chat_message
    ADD CONSTRAINT chat_message_chosen_child_id_e98a0f97_fk_chat_message_id FOREIGN KEY (chosen_child_id) REFERENCES public.chat_message(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_message
    ADD CONSTRAINT chat_message_conversation_id_a1207bf4_fk_chat_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.chat_conversation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_message
    ADD CONSTRAINT chat_message_parent_id_d93c704f_fk_chat_message_id FOREIGN KEY (parent_id) REFERENCES public.chat_message(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_project
    ADD CONSTRAINT chat_project_owner_id_50651e31_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_queuedturn
    ADD CONSTRAINT chat_queuedturn_of_conversation FOREIGN KEY (conversation_id) REFERENCES public.chat_conversation(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_step
    ADD CONSTRAINT chat_step_run_id_of_run FOREIGN KEY (run_id) REFERENCES public.chat_generation(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;


ALTER TABLE ONLY public.chat_tag
    ADD CONSTRAINT chat_tag_owner_id_0ea117f5_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.endpoints_userkey
    ADD CONSTRAINT endpoints_userkey_user_id_134f88f1_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_searchentry
    ADD CONSTRAINT search_of_message FOREIGN KEY (message_id) REFERENCES public.chat_message(id) ON DELETE CASCADE;


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_account_id_951f210e_fk_socialacc FOREIGN KEY (account_id) REFERENCES public.socialaccount_socialaccount(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_app_id_636a42d7_fk_socialacc FOREIGN KEY (app_id) REFERENCES public.socialaccount_socialapp(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_social_user_id_8146e70c_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.chat_toolresult
    ADD CONSTRAINT toolresult_of_message FOREIGN KEY (message_id) REFERENCES public.chat_message(id) ON DELETE CASCADE;


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

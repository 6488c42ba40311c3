"""A copy of a message has the search entry of its original: whoever copies says so, and enters them all at once."""

from django.db import migrations

_ENTER = """
    INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector, version)
    SELECT NEW.id, c.owner_id, c.id, NEW.created_at, chat_search_vector(c.owner_id, NEW.author, NEW.text), 1
    FROM chat_conversation c WHERE c.id = NEW.conversation_id
    ON CONFLICT (message_id) DO UPDATE SET vector = EXCLUDED.vector, version = EXCLUDED.version;
    RETURN NULL;
"""
FORWARD = f"""
CREATE OR REPLACE FUNCTION chat_keep_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND current_setting('parley.copying', true) = 'on' THEN
        RETURN NULL;
    END IF;
{_ENTER}
END $$;
"""
BACKWARD = f"CREATE OR REPLACE FUNCTION chat_keep_search() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_ENTER} END $$;"


class Migration(migrations.Migration):
    dependencies = [("chat", "0013_deleted_messages")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

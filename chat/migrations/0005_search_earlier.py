from typing import Any

from django.db import migrations

LOT = 5_000
_ENTER = """
INSERT INTO chat_searchentry (message_id, owner_id, conversation_id, created_at, vector)
SELECT m.id, c.owner_id, c.id, m.created_at, chat_search_vector(c.owner_id, m.author, m.text)
FROM (
    SELECT * FROM chat_message WHERE %s::uuid IS NULL OR id > %s ORDER BY id LIMIT %s
) AS m JOIN chat_conversation c ON c.id = m.conversation_id WHERE m.state <> 'streaming'
ON CONFLICT DO NOTHING
"""
_LAST = "SELECT max(id::text)::uuid FROM (SELECT id FROM chat_message WHERE %s::uuid IS NULL OR id > %s ORDER BY id LIMIT %s) AS lot"


def enter(apps: Any, schema_editor: Any) -> None:
    """Enter what was said before this version: in lots, each of its own, so that nobody waits for the whole."""
    last = None
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(_ENTER, [last, last, LOT])
            cursor.execute(_LAST, [last, last, LOT])
            last = cursor.fetchone()[0]
            if last is None:
                return


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chat", "0004_search")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
